export { type BudgetsConfig, budgetsConfig } from "./config.ts";
export type {
  BudgetExhausted,
  BudgetStoreDown,
  HeldLevel,
  Ledger,
  Level,
  Reservation,
  ReserveOptions,
  Settlement,
  Window,
} from "./ledger.ts";
export { limitMistake } from "./limit.ts";
export { type MemoryLedger, memoryLedger } from "./memory-ledger.ts";
export { type RedisLedgerOptions, redisLedger } from "./redis-ledger.ts";
