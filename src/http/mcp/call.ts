import { sentenceOf } from "../../core/reasons.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { CallAnswer, CallRequest, Exchange } from "../../gateway/index.ts";
import { errorText, notificationText, refusedResultText, resultText, sendJson, withoutResultType, withResultType } from "./answer.ts";
import { headersDisagree } from "./envelope.ts";
import { EventStream } from "./event-stream.ts";
import { metaOf } from "./message.ts";
import { paramProblem } from "./param-headers.ts";
import { badParams, codes, type Fault, isMembers, isRequestId, type Members, type Message, meta, type RequestId } from "./protocol.ts";
import { unknownToolText } from "./tools.ts";
import { headerOf, refuse, type Visit } from "./visit.ts";

type RequestClaims = NonNullable<Exchange["request"]>;
type Progress = { readonly progress: number; readonly total?: number; readonly message?: string };

interface Call {
  readonly tool: string;
  readonly args: Members | undefined;
  readonly progressToken: RequestId | undefined;
  readonly claims: RequestClaims | undefined;
}

/** `tools/call` of both eras. `controller` is aborted by whatever its era takes for a cancellation. */
export async function callTool(
  visit: Visit,
  exchange: Exchange,
  asked: Message,
  id: RequestId,
  controller: AbortController,
): Promise<void> {
  const call = readCall(asked);
  if (!call.ok) return refuse(visit, call.error);
  const { tool, args, progressToken, claims } = call.value;
  const progress = progressToken !== undefined && acceptsEvents(visit) ? new ProgressAnswer(visit, progressToken) : undefined;
  const request: CallRequest = {
    tool,
    args,
    signal: controller.signal,
    ...(exchange.era === "stateless" ? { repeats: (declared) => paramProblem(visit.request, declared, args) } : {}),
    ...(progress === undefined ? {} : { onProgress: progress.report }),
  };
  let answer: CallAnswer;
  try {
    answer = await visit.door.gateway.callTool(claims === undefined ? exchange : { ...exchange, request: claims }, request);
  } catch (error) {
    progress?.events?.end(errorText(id, codes.internal, sentenceOf("gateway.error")));
    throw error;
  }
  const text = answerText(id, tool, answer, exchange);
  if (progress?.events !== undefined) return progress.events.end(text);
  if (text === undefined) {
    // The caller cancelled: no answer is due, and HTTP still wants one.
    visit.reply.code(202).send();
    return;
  }
  sendJson(visit.reply, statusOf(answer, exchange), text);
}

/** The stateless era says at the HTTP level too that a capability is missing or headers lie; every other outcome is told in band. */
function statusOf(answer: CallAnswer, exchange: Exchange): number {
  if (answer.kind === "contradicted") return 400;
  return answer.kind === "error" && answer.code === codes.missingCapability && exchange.era === "stateless" ? 400 : 200;
}

function answerText(id: RequestId, tool: string, answer: CallAnswer, exchange: Exchange): string | undefined {
  const complete = exchange.era === "stateless" ? withResultType : withoutResultType;
  switch (answer.kind) {
    case "result":
      return resultText(id, complete(answer.text));
    case "refused":
      return resultText(id, complete(refusedResultText(answer)));
    case "unknown":
      return unknownToolText(id, tool, answer.decisionId);
    case "contradicted":
      return errorText(id, codes.headerMismatch, headersDisagree(answer.detail), { decision: answer.decisionId });
    case "error":
      return errorText(id, answer.code, answer.message, answer.data);
    case "cancelled":
      return undefined;
  }
}

/** The answer to a call that asked for progress: it becomes a stream with the first report, and stays plain JSON without one. */
class ProgressAnswer {
  readonly #visit: Visit;
  readonly #token: RequestId;
  events: EventStream | undefined;

  constructor(visit: Visit, token: RequestId) {
    this.#visit = visit;
    this.#token = token;
  }

  readonly report = (progress: Progress): void => {
    this.events ??= new EventStream(this.#visit.reply);
    this.events.send(notificationText("notifications/progress", { progressToken: this.#token, ...progress }));
  };
}

function acceptsEvents(visit: Visit): boolean {
  return headerOf(visit.request, "accept")?.includes("text/event-stream") ?? false;
}

/** Far above what MCP advises for a name; it is echoed and recorded. */
const MAX_NAME_LENGTH = 1_024;

function readCall(asked: Message): Result<Call, Fault> {
  const name = asked.params?.name;
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME_LENGTH)
    return err(badParams(`Invalid params: "name" must be the name of a tool`, asked));
  const args = asked.params?.arguments;
  if (args !== undefined && !isMembers(args)) return err(badParams(`Invalid params: "arguments" must be an object`, asked));
  const given = metaOf(asked);
  if (asked.params?._meta !== undefined && given === undefined) return err(badParams(`Invalid params: "_meta" must be an object`, asked));
  const token = given?.progressToken;
  if (token !== undefined && !isRequestId(token)) {
    return err(badParams(`Invalid params: "progressToken" must be a string of at most 256 signs or a whole number`, asked));
  }
  const claims = readClaims(given?.[meta.request]);
  if (claims === null) return err(badParams(`Invalid params: "${meta.request}" holds something else than ${CLAIMS}`, asked));
  return ok({ tool: name, args, progressToken: token, claims });
}

const CLAIMS = "intent, task (texts up to 1000 signs), confidence (0 to 1) and dryRun (true or false)";
const CLAIM_LENGTH = 1_000;

/**
 * What an agent claims about its request. A claim that cannot be understood is a fault: `"dryRun": "true"` taken for
 * nothing would carry the call out. `undefined` when nothing is claimed, `null` for a fault.
 */
function readClaims(value: unknown): RequestClaims | undefined | null {
  if (value === undefined) return undefined;
  if (!isMembers(value)) return null;
  for (const [key, claim] of Object.entries(value)) {
    const fits =
      key === "intent" || key === "task"
        ? typeof claim === "string" && claim.length <= CLAIM_LENGTH
        : key === "confidence"
          ? typeof claim === "number" && claim >= 0 && claim <= 1
          : key === "dryRun" && typeof claim === "boolean";
    if (!fits) return null;
  }
  return value;
}
