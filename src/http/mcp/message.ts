import { decodeUtf8, parseJson, requestLimits } from "../../core/json/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import {
  badRequest,
  codes,
  type Fault,
  isMembers,
  isRequestId,
  type Members,
  type Message,
  type RequestId,
  type Response,
  shown,
} from "./protocol.ts";

/** Reads the one JSON-RPC message of a request body, strictly: what two readers could understand differently is refused. */
export function readMessage(body: Uint8Array): Result<Message | Response, Fault> {
  const text = decodeUtf8(body);
  const parsed = text.ok ? parseJson(text.value, requestLimits) : text;
  if (!parsed.ok) {
    const { code, detail } = parsed.error;
    return err({
      status: 400,
      code: codes.parseError,
      message: `Parse error: ${detail}`,
      id: undefined,
      reason: "gateway.invalid_request",
      data: { code },
    });
  }
  return shapeOf(parsed.value);
}

function shapeOf(value: unknown): Result<Message | Response, Fault> {
  if (Array.isArray(value)) return err(badRequest("Invalid request: batches are not accepted, send one message at a time"));
  if (!isMembers(value)) return err(badRequest("Invalid request: the body is not a JSON-RPC message"));
  const given = value.id;
  const id = isRequestId(given) ? given : undefined;
  if (value.jsonrpc !== "2.0") return err(badRequest(`Invalid request: "jsonrpc" must be "2.0"`, id));
  if (given !== undefined && id === undefined)
    return err(badRequest(`Invalid request: "id" must be a string of at most 256 signs or a whole number`));
  if ("result" in value || "error" in value) return responseOf(value, id);
  if (typeof value.method !== "string") return err(badRequest(`Invalid request: "method" must be a string`, id));
  const params = value.params;
  if (params !== undefined && !isMembers(params)) return err(badRequest(`Invalid request: "params" must be an object`, id, value.method));
  // A request without an id would be carried out and could never be answered.
  if (id === undefined && !value.method.startsWith("notifications/")) {
    return err(badRequest(`Invalid request: "${shown(value.method)}" needs an "id"`, undefined, value.method));
  }
  return ok({ method: value.method, id, params });
}

/**
 * A response says one of two things, and nothing that would make a request of it. A fault in it is told without its id:
 * ids of questions are ours, and one of them may be that of a request of the sender.
 */
function responseOf(value: Members, id: RequestId | undefined): Result<Response, Fault> {
  if (id === undefined) return err(badRequest(`Invalid request: a response needs the "id" of its question`));
  if ("method" in value || "params" in value) return err(badRequest("Invalid request: a message is a request or a response, not both"));
  const { result, error } = value;
  if (!("error" in value)) {
    if (!isMembers(result)) return err(badRequest(`Invalid request: "result" must be an object`));
    return ok({ id, answer: { kind: "result", result } });
  }
  if ("result" in value) return err(badRequest(`Invalid request: a response has a "result" or an "error", not both`));
  if (!isMembers(error) || !Number.isSafeInteger(error.code) || typeof error.message !== "string") {
    return err(badRequest(`Invalid request: "error" needs a whole number as "code" and a text as "message"`));
  }
  return ok({ id, answer: { kind: "error", error: { code: Number(error.code), message: error.message } } });
}

export function isResponse(message: Message | Response): message is Response {
  return "answer" in message;
}

/** The `_meta` object of a message; `undefined` when there is none, or none that is an object. */
export function metaOf(message: Message): Members | undefined {
  const found = message.params?._meta;
  return isMembers(found) ? found : undefined;
}
