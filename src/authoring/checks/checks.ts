import type { Check } from "./check.ts";

/** Every check, in the order of docs/policy/checks.md. */
export const checks: readonly Check[] = [];
