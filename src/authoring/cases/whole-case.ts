import { z } from "zod";

const object = z.record(z.string(), z.unknown());

export const caseEntrypoints = ["decide", "discover", "inspect", "admit", "mask"] as const;
export type CaseEntrypoint = (typeof caseEntrypoints)[number];

/** A case that says its input in full: the form that a bundle holds. */
export const wholeCaseSchema = z.strictObject({
  name: z.string().min(1).describe("a text that names the case"),
  entrypoint: z.enum(caseEntrypoints),
  input: object.describe("toolgate.input/v1, whole"),
  want: object.describe("a table of what is wanted"),
  description: z.string().optional(),
});

export type WholeCase = z.infer<typeof wholeCaseSchema>;

/** A case as a gateway asks it, and where its author wrote it. */
export interface GoldenCase {
  readonly name: string;
  readonly entrypoint: CaseEntrypoint;
  /** JSON text: the nanoseconds of its clock are beyond what a reader of numbers may round. */
  readonly input: string;
  readonly want: Readonly<Record<string, unknown>>;
  readonly description?: string;
  /** Below the policies folder. */
  readonly file: string;
  readonly line: number;
}
