import { randomUUID } from "node:crypto";
import { z } from "zod";
import { noOperations, type OperationsState } from "../../core/operations.ts";
import type { OperationsKey } from "./operations.ts";

/** A state with the line that it belongs to: states of one line came of each other, those of two lines began apart. */
export interface Kept {
  readonly line: string;
  readonly state: OperationsState;
}

export const lineSchema = z.string().regex(/^[0-9a-f-]{36}$/, "it is not the id of a line");

/** The first state of a new line, before anybody did anything. */
export function newLine(): Kept {
  return { line: randomUUID(), state: noOperations };
}

/** One name for it that a folder can have and in which no two keys are alike. */
export function nameOfKey({ tenant, environment, name }: OperationsKey): string {
  return [tenant, environment, name].map(encodeURIComponent).join("@");
}
