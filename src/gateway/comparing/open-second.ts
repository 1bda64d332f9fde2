import type { Decision } from "../../core/decision.ts";
import type { Flip } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { readCatalog } from "../../parts/catalog/index.ts";
import { createPolicy, policyDataText } from "../../parts/policy/index.ts";
import { silentLogger } from "../../platform/logger.ts";
import { generationOf } from "../generation.ts";
import { failureOf, flipOf, type Judged, type Rejudged, rejudgeOf } from "../rejudge/index.ts";
import type { Compared, FoundFlip, Noted, ThreadData } from "./messages.ts";
import { principalIn } from "./principal-in.ts";

/** Compares batches of calls, one after the other. */
export type Compare = (noted: readonly Noted[]) => Promise<Compared>;

/** Makes the second bundle ready to be asked; it was verified and tried by whoever handed it over. */
export async function openSecond({ bundle, limits, candidate }: ThreadData): Promise<Result<Compare, string>> {
  const catalog = readCatalog(bundle.data);
  if (!catalog.ok) return err("its catalog cannot be read");
  const policy = await createPolicy({ wasm: bundle.wasm, data: policyDataText(bundle.data) }, limits, silentLogger);
  if (!policy.ok) return err(policy.error.detail);
  const read = decisionReader();
  const rejudge = rejudgeOf(generationOf(bundle, policy.value, catalog.value, false));
  return ok(async (noted) => {
    const found: FoundFlip[] = [];
    const counts = { same: 0, skipped: 0 };
    for (const one of noted) {
      const judged = judgedOf(one);
      const { flip, rule } = differenceOf(firstOf(one, read(one.decisionText)), await rejudge.anew(judged), candidate);
      if (flip === "same" || flip === "skipped") counts[flip] += 1;
      else found.push({ id: one.id, flip, agent: judged.principal.agent, target: one.target, rule });
    }
    return { ...counts, found };
  });
}

function judgedOf({ inputText, refusedArgs, argsDigest, target, door, recordText }: Noted): Judged {
  const judged = { inputText, target, door, principal: principalIn(recordText), ...(argsDigest === undefined ? {} : { argsDigest }) };
  if (refusedArgs === undefined) return judged;
  // The second bundle's own schema says whether it takes them.
  return { ...judged, input: { ...JSON.parse(inputText), args: JSON.parse(refusedArgs), args_digest: argsDigest } };
}

/** What the first bundle came to: it refuses arguments that its schema does not take, whatever policy said without them. */
function firstOf({ refusedArgs }: Noted, decision: Decision): Decision {
  return refusedArgs === undefined ? decision : { ...decision, effect: "deny", obligations: [], redactions: [] };
}

const MOST_KNOWN = 1024;

/** Decisions that are remembered come again and again, as one text. */
function decisionReader(): (text: string) => Decision {
  const known = new Map<string, Decision>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const decision = JSON.parse(text) as Decision;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, decision);
    return decision;
  };
}

interface Difference {
  readonly flip: Flip | "skipped";
  readonly rule: string;
}

/** `first` is what the first bundle decided. Told as from the promoted bundle to the candidate. */
function differenceOf(first: Decision, second: Rejudged, candidate: ThreadData["candidate"]): Difference {
  if (second.kind === "unjudgeable") {
    // Without a path it is the evaluation that gave no answer: a failure, if it is the candidate's.
    const hasFailed = candidate === "second" ? second.path === "" : failureOf(first) !== undefined;
    return hasFailed ? { flip: "failed", rule: failureOf(first) ?? "no answer" } : { flip: "skipped", rule: "" };
  }
  const [before, after] = candidate === "second" ? [first, second.decision] : [second.decision, first];
  const flip = flipOf(before, after);
  return { flip, rule: ruleOf(flip, after) };
}

/** What made the difference: a denial's first reason, what else is asked for, or who now permits it. */
function ruleOf(flip: Flip, { reasons, obligations, redactions, permits }: Decision): string {
  const [reason] = reasons;
  switch (flip) {
    case "failed":
    case "new_deny":
      return reason === undefined ? "no permit" : `${reason.rule} ${reason.code}`;
    case "new_ask":
      return obligations.find(({ type }) => type === "approve")?.rule ?? "";
    case "changed":
      return obligations[0]?.rule ?? redactions[0]?.rule ?? "";
    default:
      return permits[0]?.rule ?? "";
  }
}
