import { isIP } from "node:net";

/** What is read over plain HTTP could be held back or answered by anybody on the way, and a bearer read; so that is for loopback only. */
export function isSafeUrl(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

/** `host` as a URL holds it: an IPv6 address in brackets. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}

/** More than that: every name under which what listens on this machine alone may be reached, for refusing. */
export function isThisMachine(host: string): boolean {
  const name = host.replace(/\.$/, "");
  return (
    isLoopback(name) || name.endsWith(".localhost") || name === "0.0.0.0" || /^\[::(?:ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})?\]$/.test(name)
  );
}

/** An address as it may be told: a query often holds what gives access. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
