export type { Replicas } from "../parts/replicas/index.ts";
export { SESSION_ENDED, type Session, type Sessions, SessionsUnavailable } from "../parts/sessions/index.ts";
export type { LogMessage, ParamHeader, Progress } from "../parts/upstream/index.ts";
export { type Activation, type ActivationOptions, createActivation } from "./activation.ts";
export { promptMistakes } from "./arguments.ts";
export { createComparing } from "./comparing/index.ts";
export { createGateway, type RunningGateway } from "./create-gateway.ts";
export {
  createDesk,
  type DecisionRecords,
  type Desk,
  type DeskParts,
  type DeskRefusal,
  type Operator,
} from "./desk/index.ts";
export type {
  Answer,
  Asked,
  AuthenticationRefused,
  Caller,
  DoorOffers,
  Exchange,
  Gateway,
  GatewayRequest,
  ListKind,
  Network,
  OfferedList,
  Readiness,
  Refused,
  Unsubscribed,
} from "./gateway.ts";
export { type Generation, generationOf } from "./generation.ts";
export { type Candidate, createGenerations, type Deciding, type GenerationStatus, type Generations } from "./generations.ts";
export { keyedMasker, type Masker } from "./mask.ts";
export { createMeter, decidedBy, latencyBuckets, type Meter, type MeterReading } from "./meter.ts";
export type { BuiltParts as Parts } from "./parts.ts";
export {
  type Rehearsal,
  type Rehearsed,
  type RehearsedCall,
  type RehearsedCaller,
  type RehearsedResult,
  type RehearsedTarget,
  rehearse,
} from "./rehearsal/index.ts";
export {
  failureOf,
  flipOf,
  isOfTheMoment,
  type Judged,
  type Rejudge,
  type Rejudged,
  rejudgeOf,
} from "./rejudge/index.ts";
export { type SpentAt, spendOf } from "./restore-spend.ts";
export {
  createRollouts,
  parseRollbackRule,
  planOf,
  type RolloutConfig,
  type Rollouts,
  type RunningRollouts,
  rollbackRuleText,
  rolloutConfig,
  ruleMeasures,
} from "./rollouts/index.ts";
