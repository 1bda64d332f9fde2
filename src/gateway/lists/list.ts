import { sha256Hex } from "../../core/digest.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Exchange, ListKind, OfferedList, Refused } from "../gateway.ts";
import type { Parts } from "../parts.ts";
import { onGeneration, pinnedHead, refuseOnRecord } from "../pinned.ts";
import { hostReason } from "../refusal.ts";
import { type Listable, listablesAt } from "./listable.ts";
import { askedText } from "./recorded-list.ts";
import { listMethods, visibleOf } from "./visible.ts";

/** All of one kind that this caller may use with some argument, at this instant, through this door. */
export function list(parts: Parts, exchange: Exchange, kind: ListKind): Promise<Result<OfferedList, Refused>> {
  const method = listMethods[kind];
  const message = { kind: "list", method } as const;
  return onGeneration(parts, exchange, message, async (pinned) => {
    const { generation, caller, now } = pinned;
    const head = pinnedHead(pinned, message);
    const { expiresAt, onExpiry } = generation.bundle;
    if (expiresAt <= now && onExpiry === "deny_all") return err(await refuseOnRecord(pinned, head, [hostReason("bundle.expired")]));
    const offered = await listablesAt(parts, exchange, generation, kind);
    const visible = await visibleOf(exchange, generation, caller, kind, offered, now);
    const asked = await askedText(pinned, kind, offered);
    const recorded = await parts.log.append(`${head}${asked},"offered":${offered.length},${visibleText(visible)}}`, "grouped");
    parts.meter.ended(method, recorded.ok ? "allow" : "deny", exchange.serverId ?? "aggregate");
    if (recorded.ok) return ok(asList(parts, exchange, visible));
    return err({ decisionId: pinned.id, effect: "deny", reasons: [hostReason("gateway.log_unavailable")] });
  });
}

/** Single resources are as many as their server likes: a record names their entries, and how many there were. */
function visibleText(visible: readonly Listable[]): string {
  const ids = [...new Set(visible.map(({ id }) => id))];
  const text = `"visible":${JSON.stringify(ids)}`;
  return ids.length === visible.length ? text : `${text},"count":${visible.length}`;
}

const REVISION_DIGITS = 16;

function asList({ credentials }: Parts, exchange: Exchange, visible: readonly Listable[]): OfferedList {
  const aggregate = exchange.serverId === undefined;
  return {
    items: visible.map((target) => {
      // What was pinned was read by somebody; a single resource is in its server's words of this moment.
      if (target.kind === "resource" && "uri" in target) return credentials.scrub(target.definitionText);
      return aggregate && "aggregateText" in target ? target.aggregateText : target.definitionText;
    }),
    revision: sha256Hex(visible.map(stampOf).join("\n")).slice(0, REVISION_DIGITS),
  };
}

/** Changes with what is shown. A pin stands for a whole definition. */
function stampOf(target: Listable): string {
  if (target.kind === "tool") return `${target.id} ${target.tool.pin}`;
  if (target.kind === "prompt") return `${target.id} ${target.prompt.pin}`;
  return "uri" in target ? target.definitionText : `${target.id} ${target.entry.template?.pin}`;
}
