import { sha256 } from "../core/digest.ts";
import type { ServerDefinition } from "../core/server.ts";
import type { CatalogTool } from "../parts/catalog/index.ts";
import type { CallerFacts } from "./caller-facts.ts";
import type { Exchange } from "./gateway.ts";

// The input document is written as text: what does not change within a generation is serialised once, and the arguments
// are the very text that is sent to the server, so that policy judges what is forwarded.

/** `"server":{…}` of the input. */
export function serverText(server: ServerDefinition): string {
  const { id, owner, trust, environment, transport, status } = server;
  return `"server":${JSON.stringify({ id, owner, trust, environment, transport: transport.kind, status })}`;
}

/** `"tool":{…}` of the input. */
export function toolText(tool: CatalogTool, pinned: boolean): string {
  const facts = {
    id: `${tool.server}.${tool.name}`,
    name: tool.name,
    digest: tool.pin,
    pinned,
    status: "approved",
    risk: tool.risk,
    effects: tool.effects,
    data_classes: tool.dataClasses,
    idempotent: tool.idempotent,
    annotations: tool.definition.annotations ?? {},
  };
  return `"tool":${JSON.stringify(facts)}`;
}

/** What every phase has in common: time, caller, client, session, claims of the request, network. */
export function commonText(exchange: Exchange, facts: CallerFacts, time: string, now: number): string {
  const { client, session, request, network, caller } = exchange;
  let text = `${time},${facts.inputText},"client":{`;
  if (caller.token.clientId !== undefined) text += `"id":${JSON.stringify(caller.token.clientId)},`;
  text += `"name":${JSON.stringify(client.name)},"version":${JSON.stringify(client.version)}},"session":{`;
  if (session) text += `"id":"${session.id}","age_s":${Math.max(0, Math.floor((now - session.openedAt) / 1000))},`;
  text += '"labels":[]}';
  if (request) text += `,"request":${requestText(request)}`;
  return `${text},"network":{"ip":"${network.ip}","mtls":${network.mtls}}`;
}

function requestText(request: NonNullable<Exchange["request"]>): string {
  const { intent, confidence, task, dryRun } = request;
  return JSON.stringify({ intent, confidence, task, dry_run: dryRun });
}

/** The digest that records, approvals and budgets know the arguments by. */
export function argsDigestOf(argsText: string): string {
  return sha256(argsText);
}

/**
 * Tells `"time":{…}` of the input. One instance per time zone: the wall-clock parts are worked out once a minute, because
 * no zone's offset changes within one.
 */
export function timeTeller(timezone: string): (now: number) => string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    hour: "2-digit",
    minute: "2-digit",
    weekday: "long",
    hourCycle: "h23",
  });
  let minute = Number.NaN;
  let wall = "";
  let last = Number.NaN;
  let text = "";
  return (now) => {
    if (now === last) return text;
    const current = Math.floor(now / 60_000);
    if (current !== minute) {
      minute = current;
      wall = wallClock(format, now, timezone);
    }
    last = now;
    // Nanoseconds as a literal: the number is beyond 2^53 and must not pass through a double.
    text = `"time":{"ns":${now}000000,"rfc3339":"${rfc3339(now)}",${wall}}`;
    return text;
  };
}

function wallClock(format: Intl.DateTimeFormat, now: number, timezone: string): string {
  const parts = Object.fromEntries(format.formatToParts(now).map((part) => [part.type, part.value]));
  const facts = {
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    weekday: String(parts.weekday).toLowerCase(),
    tz: timezone,
  };
  return JSON.stringify(facts).slice(1, -1);
}

export function rfc3339(now: number): string {
  return new Date(now).toISOString();
}
