import type { Question } from "../core/question.ts";
import type { UpstreamReply } from "../parts/upstream/index.ts";
import type { Ending, IntendedCall } from "./call.ts";
import { type Concluded, free } from "./concluded.ts";
import { followElicitation } from "./elicitations.ts";
import { inputRequired } from "./input-required.ts";
import { type Allowed, endInstead, isMembers, judgeQuestions } from "./questions/index.ts";
import { hostReason } from "./refusal.ts";
import { type FinalReply, inspectAndRelease, inspects, release } from "./release.ts";

/** A person has to open addresses before the request can succeed (2025-11-25): questions that come as an error. */
const URL_ELICITATION_REQUIRED = -32042;
const MAX_ADDRESSES = 16;

interface UrlRequired extends FinalReply {
  readonly outcome: Extract<UpstreamReply["outcome"], { readonly kind: "error" }>;
}

export function isUrlRequired(reply: UpstreamReply): reply is UrlRequired {
  return reply.outcome.kind === "error" && reply.outcome.error.code === URL_ELICITATION_REQUIRED;
}

/**
 * Each address is judged like a question. A client with sessions gets the error and repeats its request by itself; one
 * without gets the questions, and its request goes to the server anew when it comes back. The server did nothing yet.
 */
export async function urlRequired(call: IntendedCall, reply: UrlRequired): Promise<Concluded> {
  const addresses = addressesOf(reply.outcome.error.data);
  if (!addresses) return refused("upstream.invalid_answer");
  const questions = new Map([...addresses].map(([key, params]): [string, Question] => [key, { method: "elicitation/create", params }]));
  // An error needs no open request to be told, so that what the client declared is what counts.
  const { allowed, denied } = await judgeQuestions(call, questions, call.exchange.capabilities);
  const verdicts = [...denied.values()];
  if (verdicts.length > 0 && verdicts.every(({ kind }) => kind === "incapable"))
    return refused("question.client_incapable", { question: "elicitation.url" });
  if (verdicts.length > 0) return free(endInstead(verdicts));
  if (call.exchange.era === "session") return shown(call, await asError(call, reply, allowed), allowed);
  const round = call.resumed?.kind === "returned" ? call.resumed.round + 1 : 1;
  if (round > call.parts.questions.maxRounds) return refused("question.too_many");
  return free(inputRequired(call, allowed, { round, anew: true }, reply));
}

/** The error as the server told it, but for its addresses, which are those that were judged. */
function asError(call: IntendedCall, reply: UrlRequired, allowed: ReadonlyMap<string, Allowed>): Promise<Ending> | Ending {
  const elicitations = [...allowed.values()].map(({ question }) => question.params);
  const error = { code: URL_ELICITATION_REQUIRED, message: reply.outcome.error.message, data: { elicitations } };
  const judged: FinalReply = { ...reply, outcome: { kind: "error", error } };
  return inspects(call) ? inspectAndRelease(call, judged) : release(call, judged);
}

/** What the client is shown, its server may say to be done later. */
function shown(call: IntendedCall, ending: Ending, allowed: ReadonlyMap<string, Allowed>): Concluded {
  if (ending.kind !== "error") return free(ending);
  const forgets = [...allowed.values()].map(({ question }) => followElicitation(call, question));
  const undo = async () => {
    for (const forget of forgets) forget();
  };
  return { ...free(ending), undo };
}

type Members = Readonly<Record<string, unknown>>;

/** By the id that the server gave each. */
function addressesOf(data: unknown): ReadonlyMap<string, Members> | undefined {
  if (!isMembers(data) || !Array.isArray(data.elicitations)) return undefined;
  const list: readonly unknown[] = data.elicitations;
  if (list.length === 0 || list.length > MAX_ADDRESSES) return undefined;
  const addresses = new Map<string, Members>();
  for (const entry of list) {
    if (!isMembers(entry) || typeof entry.elicitationId !== "string" || addresses.has(entry.elicitationId)) return undefined;
    const { _meta: _, ...params } = entry;
    addresses.set(entry.elicitationId, { ...params, mode: "url" });
  }
  return addresses;
}

function refused(...reason: Parameters<typeof hostReason>): Concluded {
  return free({ kind: "refused", reasons: [hostReason(...reason)] });
}
