import type { ClientCapabilities } from "../../core/client.ts";
import type { Question } from "../../core/question.ts";
import type { IntendedCall } from "../call.ts";
import { capabilitiesOf, judgeQuestion, type Verdict } from "./judge-question.ts";

export type Allowed = Extract<Verdict, { readonly kind: "allowed" }>;
export type Denied = Exclude<Verdict, { readonly kind: "allowed" }>;

export interface JudgedQuestions {
  readonly allowed: ReadonlyMap<string, Allowed>;
  readonly denied: ReadonlyMap<string, Denied>;
}

/** Judges several questions one after another, so that their records and what they spend stand in the order they were asked in. */
export async function judgeQuestions(
  call: IntendedCall,
  questions: ReadonlyMap<string, Question>,
  capabilities: ClientCapabilities = capabilitiesOf(call),
): Promise<JudgedQuestions> {
  const allowed = new Map<string, Allowed>();
  const denied = new Map<string, Denied>();
  for (const [key, question] of questions) {
    const verdict = await judgeQuestion(call, question, capabilities);
    if (verdict.kind === "allowed") allowed.set(key, verdict);
    else denied.set(key, verdict);
  }
  return { allowed, denied };
}
