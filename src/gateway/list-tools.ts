import { sha256 } from "../core/digest.ts";
import { err, ok, type Result } from "../core/result.ts";
import { isInUse } from "../core/server.ts";
import type { Listing, ServerConnection } from "../parts/upstream/index.ts";
import type { CallerFacts } from "./caller-facts.ts";
import type { Exchange, ListedTool, Refused, ToolList } from "./gateway.ts";
import type { Generation, Target } from "./generation.ts";
import { commonText } from "./input.ts";
import type { Parts } from "./parts.ts";
import { onGeneration, pinnedHead, refuseOnRecord } from "./pinned.ts";
import { hostReason } from "./refusal.ts";

/** Tools judged in one evaluation; a longer list is judged in several, so that no list of a large company times out. */
const ITEMS_PER_EVALUATION = 250;

/** Longest wait for servers that were not asked yet. */
const LISTING_WAIT_MS = 3_000;

const message = { kind: "list", method: "tools/list" } as const;

/** All the tools that this caller may call with some argument, at this instant, through this door. */
export function listTools(parts: Parts, exchange: Exchange): Promise<Result<ToolList, Refused>> {
  return onGeneration(parts, exchange, message, async (pinned) => {
    const { generation, caller, now } = pinned;
    const head = pinnedHead(pinned, message);
    const { expiresAt, onExpiry } = generation.bundle;
    if (expiresAt <= now && onExpiry === "deny_all") return err(await refuseOnRecord(pinned, head, [hostReason("bundle.expired")]));
    const offered = await offeredTargets(parts, exchange, generation);
    const visible = await visibleOf(exchange, generation, caller, offered, now);
    const names = JSON.stringify(visible.map((target) => target.id));
    const recorded = await parts.log.append(`${head},"offered":${offered.length},"visible":${names}}`, "grouped");
    parts.meter.ended("tools/list", recorded.ok ? "allow" : "deny", exchange.serverId ?? "aggregate");
    if (recorded.ok) return ok(asList(exchange, visible));
    return err({ decisionId: pinned.id, effect: "deny", reasons: [hostReason("gateway.log_unavailable")] });
  });
}

/** Approved tools whose servers answer and still define them as approved. A server that is down leaves the others listed. */
async function offeredTargets(parts: Parts, exchange: Exchange, generation: Generation): Promise<readonly Target[]> {
  const ids = exchange.serverId === undefined ? [...generation.targetsOf.keys()] : [exchange.serverId];
  const offers = await Promise.all(
    ids.map(async (id) => {
      const targets = generation.targetsOf.get(id) ?? [];
      const [first] = targets;
      if (!first || !isInUse(first.server)) return [];
      const connection = parts.upstream.connect(first.server);
      const listing = connection.current() ?? (await listingWithin(connection));
      return targets.filter((target) => listing?.tools.get(target.tool.name)?.pin === target.tool.pin);
    }),
  );
  return offers.flat().filter((target) => exchange.serverId !== undefined || target.aggregateName !== undefined);
}

/** A server that hangs must not hold up the list of the others; it is there once it answered. */
async function listingWithin(connection: ServerConnection): Promise<Listing | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, LISTING_WAIT_MS, undefined);
  });
  const read = connection.listing().then((listing) => (listing.ok ? listing.value : undefined));
  const listing = await Promise.race([read, late]);
  clearTimeout(timer);
  return listing;
}

/** Which of the targets are open for this caller: the same rules, on the same facts, as a call. */
export async function visibleOf(
  exchange: Exchange,
  generation: Generation,
  caller: CallerFacts,
  targets: readonly Target[],
  now: number,
): Promise<readonly Target[]> {
  const common = commonText(exchange, caller, generation.timeText(now), now);
  const visible: Target[] = [];
  for (let from = 0; from < targets.length; from += ITEMS_PER_EVALUATION) {
    const part = targets.slice(from, from + ITEMS_PER_EVALUATION);
    const input = `{"phase":"discover","method":"tools/list",${common},"items":[${part.map(itemText).join(",")}],"limits":{"truncated":[],"omitted":[]}}`;
    const shown = await generation.policy.discover(input, {
      widest: Math.max(part.length, caller.widest),
      nested: part.some((target) => target.nested),
    });
    for (const [index, target] of part.entries()) if (shown[index] === true) visible.push(target);
  }
  return visible;
}

function itemText(target: Target): string {
  return `{${target.serverText},${target.pinnedText}}`;
}

function asList(exchange: Exchange, visible: readonly Target[]): ToolList {
  const aggregate = exchange.serverId === undefined;
  const tools: ListedTool[] = visible.map((target) => ({
    name: aggregate ? (target.aggregateName ?? target.tool.name) : target.tool.name,
    definition: target.tool.definition,
    text: aggregate ? target.aggregateText : target.definitionText,
  }));
  return {
    tools,
    revision: sha256(visible.map((target) => `${target.id} ${target.tool.pin}`).join("\n")).slice("sha256:".length, "sha256:".length + 16),
  };
}
