import { sha256 } from "../core/digest.ts";
import type { ServerDefinition } from "../core/server.ts";
import type { CallerFacts } from "./caller-facts.ts";
import type { Exchange } from "./gateway.ts";

// The input document is written as text: what does not change within a generation is serialised once, and the arguments
// are the very text that is sent to the server, so that policy judges what is forwarded.

/** `"server":{…}` of the input. */
export function serverText(server: ServerDefinition): string {
  const { id, owner, trust, environment, transport, status } = server;
  return `"server":${JSON.stringify({ id, owner, trust, environment, transport: transport.kind, status })}`;
}

/** What every phase has in common: time, caller, client, session, claims of the request, network. */
export function commonText(exchange: Exchange, facts: CallerFacts, time: string, now: number): string {
  const { client, session, request, network, caller } = exchange;
  let text = `${time},${facts.inputText},"client":${clientText(caller.token.clientId, client)},"session":{`;
  if (session) text += `"id":"${session.id}","age_s":${Math.max(0, Math.floor((now - session.openedAt) / 1000))},`;
  text += '"labels":[]}';
  if (request) text += `,"request":${requestText(request)}`;
  return `${text},"network":{"ip":${JSON.stringify(network.ip)},"mtls":${network.mtls}}`;
}

type Client = Exchange["client"];

// A session keeps one client object for all its calls.
const clientTexts = new WeakMap<Client, { readonly id: string | undefined; readonly text: string }>();

/** `{"id":…,"name":…,"version":…}`: the OAuth client, and what the client says of itself. */
export function clientText(id: string | undefined, client: Client): string {
  const known = clientTexts.get(client);
  if (known && known.id === id) return known.text;
  const text = JSON.stringify({ id, name: client.name, version: client.version });
  clientTexts.set(client, { id, text });
  return text;
}

function requestText(request: NonNullable<Exchange["request"]>): string {
  const { intent, confidence, task, dryRun } = request;
  return JSON.stringify({ intent, confidence, task, dry_run: dryRun });
}

/** The digest that records, approvals and budgets know the arguments by. */
export function argsDigestOf(argsText: string): string {
  return sha256(argsText);
}

export interface WallClock {
  readonly hour: number;
  readonly minute: number;
  readonly weekday: string;
  readonly tz: string;
}

/**
 * Tells the time in one zone. The wall-clock parts are worked out once a minute, because no zone's offset changes within
 * one; `text` is `"time":{…}` of the input.
 */
export interface TimeTeller {
  text(now: number): string;
  wallClock(now: number): WallClock;
}

export function timeTeller(timezone: string): TimeTeller {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    hour: "2-digit",
    minute: "2-digit",
    weekday: "long",
    hourCycle: "h23",
  });
  let minute = Number.NaN;
  let wall: WallClock = { hour: 0, minute: 0, weekday: "", tz: timezone };
  let wallText = "";
  let last = Number.NaN;
  let text = "";
  const wallClock = (now: number): WallClock => {
    const current = Math.floor(now / 60_000);
    if (current !== minute) {
      minute = current;
      wall = wallClockAt(format, now, timezone);
      wallText = JSON.stringify(wall).slice(1, -1);
    }
    return wall;
  };
  return {
    wallClock,
    text(now) {
      if (now === last) return text;
      wallClock(now);
      last = now;
      // Nanoseconds as a literal: the number is beyond 2^53 and must not pass through a double.
      text = `"time":{"ns":${now}000000,"rfc3339":"${rfc3339(now)}",${wallText}}`;
      return text;
    },
  };
}

function wallClockAt(format: Intl.DateTimeFormat, now: number, timezone: string): WallClock {
  const parts = Object.fromEntries(format.formatToParts(now).map((part) => [part.type, part.value]));
  return { hour: Number(parts.hour), minute: Number(parts.minute), weekday: String(parts.weekday).toLowerCase(), tz: timezone };
}

let lastTime = Number.NaN;
let lastText = "";

/** Written once a millisecond: a call needs the same instant in several places, and its neighbours need it too. */
export function rfc3339(now: number): string {
  if (now !== lastTime) {
    lastText = new Date(now).toISOString();
    lastTime = now;
  }
  return lastText;
}
