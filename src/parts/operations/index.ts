export type { Counted, Operations, OperationsKey, OperationsUnavailable } from "./operations.ts";
