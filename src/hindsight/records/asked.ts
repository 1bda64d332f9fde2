import type { Decision } from "../../core/decision.ts";
import { topLevelSpans } from "../../core/json/index.ts";
import type { Judged } from "../../gateway/index.ts";
import type { LogRecord } from "../../parts/decisions/index.ts";
import type { HeldRecord } from "./read-records.ts";

/** What policy was asked, and what it said, as it stands in a record. */
export interface AskedOfPolicy {
  readonly judged: Judged;
  readonly decision: Decision;
  /** Of the bundle that decided. */
  readonly digest: string;
}

/** Nothing for a record that holds no decision of policy: an outcome, a list, a refusal of what is not in the catalog. */
export function askedOf({ value, line }: Pick<HeldRecord, "value" | "line">): AskedOfPolicy | undefined {
  const { entrypoint, input, decision, bundle, principal, target, door, args_digest: argsDigest } = value;
  if (entrypoint !== "toolgate/decide" || typeof target !== "string") return undefined;
  if (!isMembers(input) || !isDecision(decision) || !isMembers(bundle) || !isPrincipal(principal)) return undefined;
  const inputText = memberText(line, "input");
  if (inputText === undefined) return undefined;
  const judged: Judged = {
    inputText,
    input,
    target,
    principal,
    ...(typeof door === "string" ? { door } : {}),
    ...(typeof argsDigest === "string" ? { argsDigest } : {}),
  };
  return { judged, decision, digest: String(bundle.digest) };
}

/** The text of one member of a record, exactly as it was written. */
export function memberText(line: string, member: string): string | undefined {
  const span = topLevelSpans(line).get(member);
  return span && line.slice(span.start, span.end);
}

export function isMembers(value: unknown): value is LogRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const lists = ["permits", "reasons", "obligations", "redactions"] as const;

/** What stands in a line that its chain holds was written by a gateway: the outer shape is enough. */
function isDecision(value: unknown): value is Decision {
  return isMembers(value) && typeof value.effect === "string" && lists.every((name) => Array.isArray(value[name]));
}

function isPrincipal(value: unknown): value is Judged["principal"] {
  return isMembers(value) && ["kind", "issuer", "subject", "agent", "instance"].every((name) => typeof value[name] === "string");
}
