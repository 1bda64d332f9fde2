import type { LookupFunction } from "node:net";
import { Pool } from "undici";
import type { UpstreamConfig } from "./config.ts";
import type { Link } from "./wire.ts";

export interface PoolOptions {
  readonly url: URL;
  readonly lookup: LookupFunction;
  readonly maxConcurrent: number;
  readonly config: UpstreamConfig;
}

/** Beside the calls: the open stream, and cancellations. */
const SPARE_CONNECTIONS = 2;

/** Connections to one server, and to no other: no redirect is followed, no proxy of the environment used. */
export function openPool({ url, lookup, maxConcurrent, config }: PoolOptions): Pool {
  return new Pool(url.origin, {
    connections: Math.min(maxConcurrent, config.pool_connections) + SPARE_CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: config.keep_alive_ms,
    keepAliveMaxTimeout: config.keep_alive_ms,
    // Each call has its own deadline; undici's would only shorten a long stream.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: config.connect_timeout_ms, lookup },
  });
}

/** Names and values by turns, of the headers that every message has. */
export function messageHeaders(
  link: Link | undefined,
  credential: Readonly<Record<string, string>>,
  version: string | undefined,
): string[] {
  const list = ["content-type", "application/json", "accept", "application/json, text/event-stream"];
  const protocol = link?.protocolVersion ?? version;
  if (protocol !== undefined) list.push("mcp-protocol-version", protocol);
  if (link?.sessionId !== undefined) list.push("mcp-session-id", link.sessionId);
  for (const [name, value] of Object.entries(credential)) list.push(name, value);
  return list;
}
