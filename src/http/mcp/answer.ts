import type { FastifyReply } from "fastify";
import type { Refused } from "../../gateway/index.ts";
import { meta, type RequestId } from "./protocol.ts";

/** With the charset, because Fastify would otherwise add it anew to each answer. */
const JSON_TYPE = "application/json; charset=utf-8";

// Everything a caller is told. Answers are texts, built once; a server's result is spliced in, never parsed for it.

export function sendJson(reply: FastifyReply, status: number, text: string): void {
  reply.code(status).header("content-type", JSON_TYPE).send(text);
}

export function resultText(id: RequestId, result: string): string {
  return `{"jsonrpc":"2.0","id":${typeof id === "number" ? id : JSON.stringify(id)},"result":${result}}`;
}

export function errorText(id: RequestId | undefined, code: number, message: string, data?: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id: id ?? null, error: { code, message, ...(data === undefined ? {} : { data }) } });
}

export function notificationText(method: string, params?: object): string {
  return JSON.stringify(params === undefined ? { jsonrpc: "2.0", method } : { jsonrpc: "2.0", method, params });
}

/** What a caller may know about a refusal, under `toolgate/decision`. */
export function decisionOf(refused: Refused): object {
  return {
    id: refused.decisionId,
    effect: refused.effect,
    reasons: refused.reasons.map(({ code, message, remedy }) => (remedy === undefined ? { code, message } : { code, message, remedy })),
    ...(refused.retryAfterMs === undefined ? {} : { retryAfterMs: refused.retryAfterMs }),
  };
}

/** One sentence for the model: what is wrong and what to do. */
export function sentenceFor(refused: Refused): string {
  const first = refused.reasons[0];
  if (first === undefined) return "This call is not allowed.";
  return first.remedy === undefined ? first.message : `${first.message} ${first.remedy}`;
}

/** A refused call as a tool result, so that the model reads the reason and the agent does not take it for a broken server. */
export function refusedResultText(refused: Refused): string {
  return JSON.stringify({
    content: [{ type: "text", text: sentenceFor(refused) }],
    isError: true,
    _meta: { [meta.decision]: decisionOf(refused) },
  });
}

/** A refusal of a method whose result has no form for it. */
export function refusedErrorData(refused: Refused): object {
  return { [meta.decision]: decisionOf(refused) };
}

export function headersDisagree(what: string): string {
  return `Bad request: headers and body disagree: ${what}`;
}
