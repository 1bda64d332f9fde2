import { isDeepStrictEqual } from "node:util";
import type { Reason } from "../../core/decision.ts";
import { isOfTheMoment, type Rejudge } from "../../gateway/index.ts";
import { type AskedOfPolicy, type HeldRecord, isMembers, memberText } from "../records/index.ts";
import { differingMembers, reasonsKey } from "./same-decision.ts";

/** What became of one record. */
export type Replayed =
  | { readonly kind: "equal" }
  | { readonly kind: "different"; readonly members: readonly string[]; readonly recorded: unknown; readonly again: unknown }
  | { readonly kind: "unjudgeable"; readonly why: string };

const equal: Replayed = { kind: "equal" };
const atThatMoment: Replayed = { kind: "unjudgeable", why: "policy gave no answer in time or memory then" };

export async function replayDecision(on: Rejudge, { judged, decision }: AskedOfPolicy): Promise<Replayed> {
  if (isOfTheMoment(decision)) return atThatMoment;
  const again = await on.again(judged);
  if (again.kind === "unjudgeable") return again;
  const members = differingMembers(decision, again.decision);
  return members.length === 0 ? equal : { kind: "different", members, recorded: decision, again: again.decision };
}

export async function replayList(on: Rejudge, { value, line }: HeldRecord): Promise<Replayed> {
  const inputText = memberText(line, "input");
  const { input, door, absent = [], offered, visible } = value;
  if (inputText === undefined || !isMembers(input) || typeof door !== "string" || !Array.isArray(absent))
    return { kind: "unjudgeable", why: listWithout(value) };
  const again = await on.relist({ inputText, input, door, absent: absent.map(String) });
  if (again.kind === "unjudgeable") return again;
  const members = [
    ...(again.offered === offered ? [] : ["offered"]),
    ...(isDeepStrictEqual(again.visible, visible) ? [] : ["visible"]), //
  ];
  if (members.length === 0) return equal;
  return { kind: "different", members, recorded: { offered, visible }, again: { offered: again.offered, visible: again.visible } };
}

function listWithout({ method }: HeldRecord["value"]): string {
  return method === "resources/list"
    ? "single resources were in their server's words, which are not on record"
    : "the record is of a version that did not hold what policy was asked about a list";
}

export async function replayAdmission(on: Rejudge, { value, line }: HeldRecord): Promise<Replayed> {
  const inputText = memberText(line, "input");
  const { input, reasons = [] } = value;
  if (inputText === undefined || !isMembers(input) || !isReasons(reasons))
    return { kind: "unjudgeable", why: "the record of an admission does not hold what policy was asked" };
  if (isOfTheMoment({ reasons })) return atThatMoment;
  const again = await on.readmit({ inputText, input });
  if (again.kind === "unjudgeable") return again;
  if (reasonsKey(reasons) === reasonsKey(again.reasons)) return equal;
  return { kind: "different", members: ["reasons"], recorded: { reasons }, again: { reasons: again.reasons } };
}

function isReasons(value: unknown): value is readonly Reason[] {
  return Array.isArray(value) && value.every((one) => isMembers(one) && typeof one.code === "string" && typeof one.rule === "string");
}
