import type { Decision } from "../../core/decision.ts";
import type { Flip } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { readCatalog } from "../../parts/catalog/index.ts";
import { createPolicy } from "../../parts/policy/index.ts";
import { silentLogger } from "../../platform/logger.ts";
import { generationOf } from "../generation.ts";
import { flipOf, type Judged, type Rejudged, rejudgeOf } from "../rejudge/index.ts";
import type { FoundFlip, Noted, ThreadData } from "./messages.ts";
import { principalIn } from "./principal-in.ts";

/** Compares batches of calls, one after the other. */
export type Compare = (noted: readonly Noted[]) => Promise<{ readonly same: number; readonly found: readonly FoundFlip[] }>;

/** Makes the second bundle ready to be asked; it was verified and tried by whoever handed it over. */
export async function openSecond({ bundle, limits, candidate }: ThreadData): Promise<Result<Compare, string>> {
  const catalog = readCatalog(bundle.data);
  if (!catalog.ok) return err("its catalog cannot be read");
  const { roles, index, index_kinds, obliged, settings, custom } = bundle.data;
  const data = JSON.stringify({ roles, index, index_kinds, obliged, settings, custom });
  const policy = await createPolicy({ wasm: bundle.wasm, data }, limits, silentLogger);
  if (!policy.ok) return err(policy.error.detail);
  const rejudge = rejudgeOf(generationOf(bundle, policy.value, catalog.value, false));
  return ok(async (noted) => {
    const found: FoundFlip[] = [];
    let same = 0;
    for (const one of noted) {
      const judged = judgedOf(one);
      const difference = differenceOf(one, judged, await rejudge.anew(judged), candidate);
      if (difference === undefined) same += 1;
      else found.push(difference);
    }
    return { same, found };
  });
}

function judgedOf({ inputText, target, recordText }: Noted): Judged {
  return { inputText, target, principal: principalIn(recordText) };
}

function differenceOf(
  { id, target, decision }: Noted,
  { principal: { agent } }: Judged,
  second: Rejudged,
  candidate: ThreadData["candidate"],
): FoundFlip | undefined {
  // Nothing is masked here: what cannot be judged is a defect, and a failure like any other.
  if (second.kind === "unjudgeable") return { id, flip: "failed", agent, target, rule: second.path };
  const [before, after] = candidate === "second" ? [decision, second.decision] : [second.decision, decision];
  const flip: Flip = failureOf(after) === undefined ? flipOf(before, after) : "failed";
  return flip === "same" ? undefined : { id, flip, agent, target, rule: ruleOf(flip, after) };
}

/** An evaluation without a usable answer, as the gateway puts it into words. */
function failureOf({ reasons }: Decision): string | undefined {
  return reasons.find(({ rule, code }) => rule === "toolgate" && code.startsWith("policy."))?.code;
}

/** What made the difference: a denial's first reason, what else is asked for, or who now permits it. */
function ruleOf(flip: Exclude<Flip, "same">, { reasons, obligations, redactions, permits }: Decision): string {
  const [reason] = reasons;
  if (flip === "failed" || flip === "new_deny") return reason === undefined ? "no permit" : `${reason.rule} ${reason.code}`;
  if (flip === "new_ask") return obligations.find(({ type }) => type === "approve")?.rule ?? "";
  if (flip === "changed") return obligations[0]?.rule ?? redactions[0]?.rule ?? "";
  return permits[0]?.rule ?? "";
}
