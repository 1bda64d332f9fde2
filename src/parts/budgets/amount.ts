/** Whether `value` can be counted exactly: a whole number from 0 to 2^53-1. */
export function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** `a + b`, held at the largest exact integer: what overflows must stay used up, not wrap or lose its last digit. */
export function addAmounts(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}
