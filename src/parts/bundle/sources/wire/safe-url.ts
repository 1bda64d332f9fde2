import { isIP } from "node:net";

/** What is read over plain HTTP could be held back or answered by anybody on the way, and a bearer read; so that is for loopback only. */
export function isSafeUrl(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

/** `host` as a URL holds it: an IPv6 address in brackets. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}

/** An address as it may be told: a query often holds what gives access. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
