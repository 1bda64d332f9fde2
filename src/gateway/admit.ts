import { err, ok, type Result } from "../core/result.ts";
import type { Load } from "../parts/policy/index.ts";
import type { Exchange, Refused } from "./gateway.ts";
import { commonText } from "./input.ts";
import type { Parts } from "./parts.ts";
import { onGeneration, type Pinned, pinnedHead, refuseOnRecord } from "./pinned.ts";
import { hostReason, told } from "./refusal.ts";

const message = { kind: "admit", method: "admit" } as const;

/** Whether this principal may connect at all: the denials of kind `admit`. */
export function admit(parts: Parts, exchange: Exchange): Promise<Result<void, Refused>> {
  return onGeneration(parts, exchange, message, async (pinned) => {
    const { policy } = pinned.generation;
    const input = admissionInput(pinned);
    const load: Load = { widest: pinned.caller.widest, nested: false };
    const reasons = (await policy.admit(input, load)).map(told);
    const head = `${pinnedHead(pinned, message)},"entrypoint":"toolgate/admit","input":${await maskedInput(pinned, input, load)}`;
    if (reasons.length > 0) return err(await refuseOnRecord(pinned, head, reasons));
    const recorded = await parts.log.append(`${head},"effect":"allow"}`, "grouped");
    return recorded.ok ? ok(undefined) : err({ decisionId: pinned.id, effect: "deny", reasons: [hostReason("gateway.log_unavailable")] });
  });
}

/** The server whose door it is, or `_none` on the aggregate: the policy index wants an entry in any case. */
function admissionInput({ exchange, generation, caller, now }: Pinned): string {
  const common = commonText(exchange, caller, generation.timeText(now), now);
  const server = JSON.stringify({ id: exchange.serverId ?? "_none" });
  return `{"phase":"admit","method":"admit",${common},"server":${server},"limits":{"truncated":[],"omitted":[]}}`;
}

async function maskedInput({ parts, exchange, generation }: Pinned, input: string, load: Load): Promise<string> {
  if (!generation.catalog.rulesFor(exchange.serverId ?? "_none").has("mask")) return input;
  return parts.masker.mask(input, await generation.policy.mask(input, load));
}
