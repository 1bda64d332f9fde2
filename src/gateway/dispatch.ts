import type { Progress, UpstreamFailure } from "../parts/upstream/index.ts";
import type { Ending, IntendedCall } from "./call.ts";
import type { CallAnswer } from "./gateway.ts";
import { timeoutOf } from "./hold.ts";
import { actualSpend } from "./levels.ts";
import { hostReason } from "./refusal.ts";
import { inspectAndRelease, inspects, release } from "./release.ts";
import { settle } from "./settle.ts";

/** Calls the server, inspects what it answered, settles. A bug on the way still leaves an outcome, charged and without a result. */
export async function dispatch(call: IntendedCall): Promise<CallAnswer> {
  const started = performance.now();
  let reached = false;
  try {
    const { mode } = call.target.server.credential;
    const credential =
      mode === "none" ? { ok: true as const, value: {} } : await call.parts.credentials.headersFor(call.target.server.credential);
    if (!credential.ok)
      return await settle(call, { kind: "refused", reasons: [hostReason("upstream.no_credential")] }, { charged: false }, 0);
    reached = true;
    const reply = await send(call, credential.value);
    const ms = performance.now() - started;
    call.parts.meter.upstream(call.target.server.id, ms);
    if (!reply.ok) return await settle(call, failed(call, reply.error), { charged: reply.error.dispatched }, ms);
    const actual = actualSpend(call.levels, call.generation.catalog, reply.value.bytes);
    const ending = inspects(call) ? await inspectAndRelease(call, reply.value) : release(call, reply.value);
    return await settle(call, ending, { charged: true, ...(actual ? { actual } : {}) }, ms);
  } catch (error) {
    call.parts.logger.error({ decision: call.id, error: String(error) }, "a call failed inside the gateway");
    return await settle(
      call,
      { kind: "refused", reasons: [hostReason("gateway.error")] },
      { charged: reached },
      performance.now() - started,
    );
  }
}

function send(call: IntendedCall, credential: Readonly<Record<string, string>>) {
  const { onProgress } = call.request;
  return call.parts.upstream.connect(call.target.server).call({
    tool: call.target.tool.name,
    argsText: call.argsText,
    timeoutMs: timeoutOf(call),
    signal: call.request.signal,
    credential,
    decisionId: call.id,
    ...(onProgress ? { onProgress: inspects(call) ? withoutMessage(onProgress) : onProgress } : {}),
  });
}

/** Where results are inspected, words that a server sends ahead of them are not let through uninspected. */
function withoutMessage(onProgress: (progress: Progress) => void): (progress: Progress) => void {
  return ({ progress, total }) => onProgress(total === undefined ? { progress } : { progress, total });
}

function failed(call: IntendedCall, failure: UpstreamFailure): Ending {
  call.parts.logger.warn(
    { decision: call.id, server: call.target.server.id, code: failure.code, detail: failure.detail },
    "a server failed",
  );
  return failure.code === "upstream.cancelled" ? { kind: "cancelled" } : { kind: "refused", reasons: [hostReason(failure.code)] };
}
