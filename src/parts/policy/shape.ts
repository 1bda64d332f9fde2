/** An object of JSON whose members are looked at one by one. */
export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Thrown by readers of an answer of the product library, caught at the one place that turns it into a denial. */
export class OddAnswer extends Error {}

export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new OddAnswer(`${what} is no list`);
  return value;
}

export function membersOf(value: unknown, what: string): Members {
  if (!isMembers(value)) throw new OddAnswer(`${what} is no object`);
  return value;
}

export function textOf(value: unknown, what: string): string {
  if (typeof value !== "string" || value === "") throw new OddAnswer(`${what} is no text`);
  return value;
}

/** `{rule, value}`, as the library hands over what an author wrote. */
export function readRuled(value: unknown, what: string): { readonly rule: string; readonly value: unknown } {
  const members = membersOf(value, what);
  return { rule: textOf(members.rule, `${what}.rule`), value: members.value };
}

const pointer = /^(?:\/(?:[^~/]|~[01])*)*$/;

/** RFC 6901. */
export const isPointer = (value: unknown): value is string => typeof value === "string" && pointer.test(value);

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
