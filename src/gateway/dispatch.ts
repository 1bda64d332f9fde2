import { ok } from "../core/result.ts";
import { aheadOf } from "./ahead.ts";
import type { Ending, IntendedCall } from "./call.ts";
import { conclude } from "./conclude.ts";
import { type Concluded, free } from "./concluded.ts";
import { ServerConversation, type ToSend, talk } from "./conversation/index.ts";
import { extensionsAlone } from "./extensions.ts";
import type { Answer } from "./gateway.ts";
import { goOn } from "./go-on.ts";
import { timeoutOf } from "./hold.ts";
import { stoppedCall, withheldFor } from "./quarantine/index.ts";
import { answersIn, capabilitiesOf, recordAnswers } from "./questions/index.ts";
import { hostReason } from "./refusal.ts";
import { settle } from "./settle.ts";
import { carryOutTask, isTaskRequest, withTasksWhereTaken } from "./tasks/index.ts";

/** Whether the server may have acted, for a bug on the way. */
interface Reach {
  reached: boolean;
}

/** Calls the server, has its questions answered, inspects what it says, settles. A bug on the way still leaves an outcome, charged and without a result. */
export async function dispatch(call: IntendedCall): Promise<Answer> {
  const started = performance.now();
  const reach: Reach = { reached: false };
  let concluded: Concluded;
  try {
    concluded = await carriedOut(call, reach);
  } catch (error) {
    call.parts.logger.error({ decision: call.id, error: String(error) }, "a call failed inside the gateway");
    concluded = { ending: { kind: "refused", reasons: [hostReason("gateway.error")] }, spent: { charged: reach.reached } };
  }
  const { spent, undo } = concluded;
  // Whoever was quarantined meanwhile hears nothing of what the server did, which is charged all the same.
  const ending = leaves(concluded.ending) ? (withheldFor(call) ?? concluded.ending) : concluded.ending;
  const answer = await settle(call, ending, spent, performance.now() - started);
  if (undo && answer.kind !== concluded.ending.kind) await undo();
  return answer;
}

/** Whether a server's words are in it. */
function leaves({ kind }: Ending): boolean {
  return kind === "result" || kind === "task" || kind === "error" || kind === "input_required";
}

async function carriedOut(call: IntendedCall, reach: Reach): Promise<Concluded> {
  if (call.resumed?.kind === "parked") {
    const stopped = stoppedCall(call);
    if (stopped) return free(stopped);
    return await goOn(call, call.resumed, () => {
      reach.reached = true;
    });
  }
  const { target, parts } = call;
  const { credential } = target.server;
  const headers = credential.mode === "none" ? noHeaders : await parts.credentials.headersFor(credential);
  if (!headers.ok) return free({ kind: "refused", reasons: [hostReason("upstream.no_credential")] });
  if (call.resumed && !(await recordAnswers(call, call.resumed.asked, answersIn(call.resumed)))) return unrecorded;
  const ahead = aheadOf(call);
  const request = toSend(call, headers.value, ahead.logLevel);
  const listener = { ...ahead, signal: call.request.signal };
  const connection = parts.upstream.connect(target.server);
  // Once more, after everything that took time since the call was judged.
  const stopped = stoppedCall(call);
  if (stopped) return free(stopped);
  reach.reached = true;
  if (isTaskRequest(call)) return await carryOutTask(call, connection, request);
  if (target.server.asks.length > 0 && target.kind !== "extension")
    return await talk(call, new ServerConversation({ connection, request, listener }), roundOf(call));
  const started = performance.now();
  const sent = await connection.call({ ...request, ...listener });
  parts.meter.upstream(target.server.id, performance.now() - started);
  if (!sent.ok || sent.value.outcome.kind !== "input_required") return await conclude(call, sent);
  // It asks although it may not: it is told so like any other.
  return await talk(call, new ServerConversation({ connection, request, listener, sent }), roundOf(call));
}

const noHeaders = ok<Readonly<Record<string, string>>>({});
const unrecorded = free({ kind: "refused", reasons: [hostReason("gateway.log_unavailable")] });

function roundOf({ resumed }: IntendedCall): number {
  return resumed?.kind === "returned" ? resumed.round : 0;
}

function toSend(call: IntendedCall, credential: Readonly<Record<string, string>>, logLevel: ToSend["logLevel"]): ToSend {
  const { exchange, resumed } = call;
  const request: ToSend = {
    ask: call.ask,
    timeoutMs: timeoutOf(call),
    credential,
    decisionId: call.id,
    capabilities: call.target.kind === "extension" ? extensionsAlone(call, call.target) : withTasksWhereTaken(call, capabilitiesOf(call)),
    ...(exchange.traceparent === undefined ? {} : { traceparent: exchange.traceparent }),
    ...(logLevel === undefined ? {} : { logLevel }),
  };
  if (resumed?.kind !== "returned") return request;
  const { inputResponses, requestState } = resumed;
  const state = requestState === undefined ? {} : { requestState };
  return { ...request, resumed: Object.keys(inputResponses).length === 0 ? state : { inputResponses, ...state } };
}
