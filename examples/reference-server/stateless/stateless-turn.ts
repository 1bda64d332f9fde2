import { CLIENT_CAPABILITIES_META_KEY, type InputRequiredResult, inputRequired, type ServerContext } from "@modelcontextprotocol/server";
import type { Offer } from "../offer.ts";
import { form, roots, sample } from "../questions.ts";
import { type Asked, type Asking, isRecord, type Question, type Refusal, type Turn } from "../turn.ts";

/** Seals what the server wants back; a request that brings anything else is refused before it gets here. */
export type Seal = (state: unknown) => Promise<string>;

export function turn(offer: Offer, args: Turn["args"], { mcpReq }: ServerContext): Turn {
  const progressToken = mcpReq._meta?.progressToken;
  // The SDK's type of the envelope is empty, its value is not.
  const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
  const declared = envelope[CLIENT_CAPABILITIES_META_KEY];
  return {
    args,
    signal: mcpReq.signal,
    answers: mcpReq.inputResponses ?? {},
    state: mcpReq.requestState(),
    can: (what) => isRecord(declared) && what in declared,
    async progress(progress, total) {
      if (progressToken === undefined) return;
      await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total } });
    },
    log: (data) => mcpReq.log("info", data),
    change: (list) => offer.change(list),
    touch: (uri) => offer.touch(uri),
    hangUp: () => {},
  };
}

/** The end of a round as the SDK takes it. It finds itself what the client did not declare, and answers -32021. */
export async function ended(outcome: Asking | Refusal, seal: Seal): Promise<InputRequiredResult> {
  const { questions, state }: Omit<Asking, "kind"> =
    outcome.kind === "ask" ? outcome : { questions: { needed: something[outcome.missing] } };
  const inputRequests = Object.fromEntries(Object.entries(questions).map(([key, question]) => [key, asRequest(question)]));
  return inputRequired({ inputRequests, ...(state === undefined ? {} : { requestState: await seal(state) }) });
}

const something: Readonly<Record<Asked, Question>> = {
  sampling: sample("Say hello.", 10),
  elicitation: form("Hello?", {}),
  roots: roots(),
};

function asRequest(question: Question) {
  // The SDK's requests are mutable and spelled out; ours are plain words of the protocol.
  return structuredClone(question) as NonNullable<InputRequiredResult["inputRequests"]>[string];
}
