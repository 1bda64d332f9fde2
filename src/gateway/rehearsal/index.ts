export {
  type Rehearsal,
  type Rehearsed,
  type RehearsedCall,
  type RehearsedCaller,
  type RehearsedResult,
  type RehearsedTarget,
  rehearse,
} from "./rehearsal.ts";
