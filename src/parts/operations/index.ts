export { operationsConfig } from "./config.ts";
export { fileOperations } from "./file-operations.ts";
export { memoryOperations, type OperationsMemory, operationsMemory } from "./memory-operations.ts";
export type { Counted, Operations, OperationsKey, OperationsUnavailable } from "./operations.ts";
export { type RedisOperationsOptions, redisOperations } from "./redis-operations.ts";
export {
  activeQuarantine,
  begin,
  hold,
  type NextState,
  nextStep,
  promote,
  rollBack,
  type StateRefusal,
  turnAwayHeld,
  withoutQuarantine,
  withQuarantine,
} from "./state.ts";
export { MOST_SAMPLES, placeOf } from "./tally.ts";
