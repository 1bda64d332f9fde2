export {
  type DecisionSource,
  dataDirectories,
  type Explanation,
  explain,
  explanationText,
  type GatewayAnswers,
  type NoDecision,
  runningGateway,
  type TextOptions,
} from "./explain/index.ts";
export { type Impact, type ImpactWord, impactMarkdown, impactOn, impactText, impactWords } from "./impact/index.ts";
export type { Paint } from "./paint.ts";
export { type Place, placeOf } from "./records/index.ts";
export { holds, type Replay, replayLogs, replayText } from "./replay/index.ts";
