import { err, type Result } from "../../core/result.ts";

/** What is wrong with a question, in words for its server and for the record. */
export interface Malformed {
  readonly detail: string;
}

export function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function malformed(detail: string): Result<never, Malformed> {
  return err({ detail });
}
