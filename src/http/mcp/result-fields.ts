import { type Span, topLevelSpans } from "../../core/json/index.ts";
import { meta } from "./protocol.ts";

/** What a server's result gets and loses on its way into the other era. Results stay texts; only members at the top are touched. */

const EMPTY_REST = /^\s*\}/;
/** The longest freshness of a resource that a server may promise: policy may change its mind about who reads it. */
type Freshness = { readonly most: number };

/** What the stateless era wants in every result, made once for a door. */
export interface ResultFields {
  /** `"resultType":"complete"` and who answers, where the result does not say it itself. */
  complete(text: string): string;
  /** The same, with how long the client alone may keep what it read. */
  cacheable(text: string): string;
}

export function resultFields(serverInfo: object, freshness: Freshness): ResultFields {
  const info = `${JSON.stringify(meta.serverInfo)}:${JSON.stringify(serverInfo)}`;
  const type = `"resultType":"complete"`;
  const both = `${type},"_meta":{${info}}`;
  const complete = (text: string): string => {
    if (!mayName(text)) return withFirst(both, text);
    const spans = topLevelSpans(text);
    const about = spans.get("_meta");
    const named = about === undefined ? text : withServer(text, about, info);
    const added = [spans.has("resultType") ? "" : type, about === undefined ? `"_meta":{${info}}` : ""].filter(Boolean);
    return added.length === 0 ? named : withFirst(added.join(","), named);
  };
  return {
    complete,
    cacheable(text) {
      const spans = topLevelSpans(text);
      const told = spans.get("ttlMs");
      const ttl = told === undefined ? 0 : Number(text.slice(told.start, told.end));
      const kept = Number.isFinite(ttl) ? Math.min(Math.max(0, Math.trunc(ttl)), freshness.most) : 0;
      return withFirst(`"ttlMs":${kept},"cacheScope":"private"`, complete(without(text, spans, cachingFields)));
    },
  };
}

const cachingFields: ReadonlySet<string> = new Set(["ttlMs", "cacheScope"]);
const statelessFields: ReadonlySet<string> = new Set(["resultType", "ttlMs", "cacheScope"]);

/** A stateless server's result without what the era of sessions does not know. The other members stay as they were written. */
export function withoutStatelessFields(text: string): string {
  return without(text, topLevelSpans(text), statelessFields);
}

/**
 * Whether a scan of the top is worth it. A server may escape letters of a key; unseen, it would stand twice in the answer,
 * and the client would choose which one counts.
 */
function mayName(text: string): boolean {
  return text.includes(`"resultType"`) || text.includes(`"_meta"`) || text.includes("\\u00");
}

function withFirst(members: string, text: string): string {
  const rest = text.slice(text.indexOf("{") + 1);
  return EMPTY_REST.test(rest) ? `{${members}}` : `{${members},${rest}`;
}

/** The result with its server named in `_meta`, where that is an object that names none yet. */
function withServer(text: string, about: Span, info: string): string {
  const given = text.slice(about.start, about.end);
  if (!given.startsWith("{") || topLevelSpans(given).has(meta.serverInfo)) return text;
  return `${text.slice(0, about.start)}${withFirst(info, given)}${text.slice(about.end)}`;
}

function without(text: string, spans: ReadonlyMap<string, Span>, dropped: ReadonlySet<string>): string {
  if (![...dropped].some((key) => spans.has(key))) return text;
  const members: string[] = [];
  for (const [key, span] of spans) {
    if (!dropped.has(key)) members.push(`${JSON.stringify(key)}:${text.slice(span.start, span.end)}`);
  }
  return `{${members.join(",")}}`;
}
