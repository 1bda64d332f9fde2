import { err, ok, type Result } from "../core/result.ts";
import type { CallerFacts } from "./caller-facts.ts";
import type { Exchange, Refused } from "./gateway.ts";
import type { Generation } from "./generation.ts";
import { commonText } from "./input.ts";
import type { Parts } from "./parts.ts";
import { headText, reasonsText } from "./record.ts";
import { hostReason, told } from "./refusal.ts";

/** Whether this principal may connect at all: the denials of kind `admit`. */
export async function admit(parts: Parts, exchange: Exchange): Promise<Result<void, Refused>> {
  const now = parts.clock.now();
  const id = parts.ids.decision(now);
  const refused = (reasons: Refused["reasons"]): Result<never, Refused> => err({ decisionId: id, effect: "deny", reasons });
  const generation = parts.generations.pin(exchange.caller.token.tenant);
  if (!generation) return refused([hostReason("bundle.none")]);
  try {
    const caller = generation.callerOf(exchange.caller.token, now);
    if (!caller.ok) return refused([hostReason(caller.error.code)]);
    const input = admissionInput(exchange, generation, caller.value, now);
    const denied = await generation.policy.admit(input, { widest: caller.value.widest, nested: false });
    const reasons = denied.map(told);
    const head = headText({
      kind: "admit",
      id,
      now,
      callerText: caller.value.recordText,
      bundleText: generation.bundleText,
      method: "admit",
      door: exchange.serverId ?? "aggregate",
      era: exchange.era,
    });
    const effect = reasons.length === 0 ? "allow" : "deny";
    const recorded = await parts.log.append(
      `${head},"entrypoint":"toolgate/admit","input":${input},"effect":"${effect}"${reasonsText(reasons)}}`,
      "grouped",
    );
    if (!recorded.ok) return refused([hostReason("gateway.log_unavailable")]);
    return reasons.length === 0 ? ok(undefined) : refused(reasons);
  } finally {
    parts.generations.release(generation);
  }
}

/** The server whose door it is, or `_none` on the aggregate: the policy index wants an entry in any case. */
function admissionInput(exchange: Exchange, generation: Generation, caller: CallerFacts, now: number): string {
  const server = JSON.stringify({ id: exchange.serverId ?? "_none" });
  return `{"phase":"admit","method":"admit",${commonText(exchange, caller, generation.timeText(now), now)},"server":${server},"limits":{"truncated":[],"omitted":[]}}`;
}
