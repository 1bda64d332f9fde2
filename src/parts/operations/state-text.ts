import { createHash } from "node:crypto";
import { z } from "zod";
import { err, ok, type Result } from "../../core/result.ts";
import { type Kept, lineSchema } from "./kept-state.ts";
import { type OperationsUnavailable, unavailable } from "./operations.ts";
import { firstIssue, stateSchema } from "./state-schema.ts";

const textSchema = z
  .strictObject({ v: z.literal(1), version: z.int().min(1), line: lineSchema, state: stateSchema })
  .refine(({ version, state }) => version === state.version, "its two versions differ");

/** As it stands in Redis. Scripts read format and version at its beginning. */
export function writeStateText({ line, state }: Kept): string {
  return JSON.stringify({ v: 1, version: state.version, line, state });
}

/** What cannot be read is a refusal, never an empty state: whoever breaks it would lift every quarantine. */
export function readStateText(text: string, key: string): Result<Kept, OperationsUnavailable> {
  const value = parse(text);
  const newer = z.looseObject({ v: z.number().gt(1) }).safeParse(value);
  if (newer.success) return err(unavailable(`found version ${newer.data.v} of "${key}" in redis, wanted 1; a newer gateway wrote it`));
  const parsed = textSchema.safeParse(value);
  // Only what begins as it is written can be compared by the scripts.
  if (!parsed.success || !text.startsWith(`{"v":1,"version":${parsed.data.version},`)) {
    const why = parsed.success ? "it is written in another way" : firstIssue(parsed.error);
    return err(
      unavailable(`found what cannot be read in "${key}" of redis (${why}); remove the key, and the gateways write back what they know`),
    );
  }
  return ok({ line: parsed.data.line, state: parsed.data.state });
}

export function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
