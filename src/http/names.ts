import { isIP } from "node:net";
import type { HttpConfig } from "./config.ts";
import { isLoopback } from "./listen.ts";

/** The names under which this gateway may be addressed. Anything else is a rebound name or a foreign page. */
export interface Names {
  /** Whether a `Host` header names this gateway; the port does not matter. */
  allowsHost(host: string | undefined): boolean;
  /** Whether a page of this origin may call; a request without `Origin` comes from no page. */
  allowsOrigin(origin: string | undefined): boolean;
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

export function namesOf(config: Pick<HttpConfig, "listen" | "public_url" | "allowed_hosts" | "allowed_origins">): Names {
  const origins = new Set([config.public_url, ...(config.allowed_origins ?? [])]);
  for (const name of config.allowed_hosts ?? []) origins.add(`https://${name}`);
  const local = new Set(isLoopback(config.listen.host) ? LOOPBACK_NAMES : []);
  const hosts = new Set([new URL(config.public_url).hostname, ...(config.allowed_hosts ?? []), ...local]);
  return {
    allowsHost: (host) => host !== undefined && hosts.has(nameOf(host)),
    allowsOrigin: (origin) => origin === undefined || origins.has(origin) || local.has(nameOf(origin.replace(/^https?:\/\//, ""))),
  };
}

/** The name of a `Host` value without its port, in lower case. */
function nameOf(host: string): string {
  const port = /:\d{1,5}$/.exec(host);
  return (port === null ? host : host.slice(0, port.index)).toLowerCase();
}

/** Whether a `Host` value is an address: what a rebinding attack never is, and what a probe often is. */
export function isAddress(host: string | undefined): boolean {
  return host !== undefined && isIP(nameOf(host).replace(/^\[|\]$/g, "")) !== 0;
}
