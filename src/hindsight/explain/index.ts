export { type DecisionSource, dataDirectories, type MissingBundle, type NoDecision, type SourcedDecision } from "./decision-source.ts";
export { type ExplainOptions, explain } from "./explain.ts";
export type {
  Candidate,
  Condition,
  Explanation,
  RuleTold,
  Value,
  Verdict,
} from "./explanation.ts";
export { type GatewayAnswers, runningGateway } from "./running-gateway.ts";
export { explanationText, type TextOptions } from "./text/index.ts";
