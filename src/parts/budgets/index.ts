export type { BudgetExhausted, BudgetStoreDown, HeldLevel, Ledger, Level, Reservation, Settlement, Window } from "./ledger.ts";
