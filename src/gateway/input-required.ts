import type { UpstreamReply } from "../parts/upstream/index.ts";
import type { Ending, IntendedCall } from "./call.ts";
import type { Allowed } from "./questions/index.ts";
import { type QuestionState, type SealedQuestion, sealState } from "./seals.ts";

/** The questions for a client that comes back with its answers, and the state that makes them answers to these questions. */
export function inputRequired(
  call: IntendedCall,
  allowed: ReadonlyMap<string, Allowed>,
  state: Pick<QuestionState, "round" | "settled" | "state" | "park" | "anew">,
  reply?: UpstreamReply,
): Ending {
  const asked = Object.fromEntries(
    [...allowed].map(([key, { about, form }]): [string, SealedQuestion] => [key, { id: about.id, ...form }]),
  );
  const inputRequests = Object.fromEntries([...allowed].map(([key, { question }]) => [key, question]));
  const requestState = sealState(call, call.target, call.argsDigest, { ...state, asked, from: call.id });
  const text = JSON.stringify({ resultType: "input_required", ...(allowed.size > 0 ? { inputRequests } : {}), requestState });
  return { kind: "input_required", text, ...(reply ? { reply } : {}) };
}
