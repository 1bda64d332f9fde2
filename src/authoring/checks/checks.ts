import type { Check, CheckText } from "./check.ts";

/** Every check that is made on each package, in the order of docs/policy/checks.md. */
export const checks: readonly Check[] = [];

/** Every check there is, those too that are made on other sources than a package. */
export const everyCheck: readonly CheckText[] = [...checks];
