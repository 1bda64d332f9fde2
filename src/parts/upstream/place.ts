import { type LookupAddress, lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { ok, type Result } from "../../core/result.ts";
import type { HttpTransport, StdioTransport } from "../../core/server.ts";
import type { UpstreamConfig } from "./config.ts";
import { failed } from "./failure.ts";
import type { UpstreamFailure } from "./upstream.ts";

export type HostClass = HttpTransport["hostClass"];

export interface Command {
  readonly executable: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Resolves names; the system's by default. */
export type Resolve = (host: string, callback: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

const systemResolve: Resolve = (host, callback) =>
  systemLookup(host, { all: true }, (error, addresses) => callback(error, addresses ?? []));

/** Where an HTTP server is. The signed class of hosts holds here for a literal address, and at each connect for a name. */
export function httpPlace(
  transport: Pick<HttpTransport, "place" | "hostClass">,
  places: UpstreamConfig["places"],
): Result<URL, UpstreamFailure> {
  const named = "name" in transport.place ? places[transport.place.name] : transport.place;
  const label = "name" in transport.place ? `place "${transport.place.name}"` : "the server's address";
  if (named === undefined) return wrong(`${label} is not in the configuration`);
  if (!("url" in named)) return wrong(`${label} is a process, and the bundle states an HTTP server`);
  if (!URL.canParse(named.url)) return wrong(`${label} is no URL`);
  const url = new URL(named.url);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return wrong(`${label} has the scheme "${url.protocol}", wanted http or https`);
  if (url.username !== "" || url.password !== "") return wrong(`${label} carries a password; name a secret in the bundle instead`);
  const host = hostOf(url);
  if (ipaddr.isValid(host) && classOf(host) !== transport.hostClass) {
    return wrong(`${label} is ${host}, and the bundle allows a ${transport.hostClass} host`);
  }
  return ok(url);
}

/** What to start for a stdio server. `${paths.x}` stands for a whole argument: parts of one are never filled in. */
export function stdioPlace(transport: StdioTransport, places: UpstreamConfig["places"]): Result<Command, UpstreamFailure> {
  const place = places[transport.place];
  const label = `place "${transport.place}"`;
  if (place === undefined) return wrong(`${label} is not in the configuration`);
  if (!("executable" in place)) return wrong(`${label} is an address, and the bundle states a process`);
  const args: string[] = [];
  for (const argument of transport.argv) {
    const key = /^\$\{paths\.([^}]*)\}$/.exec(argument)?.[1];
    const value = key === undefined ? argument : Object.hasOwn(place.paths, key) ? place.paths[key] : undefined;
    if (value === undefined) return wrong(`${label} has no path "${key}", which the bundle's arguments name`);
    args.push(value);
  }
  return ok({ executable: place.executable === "node" ? process.execPath : place.executable, args, cwd: place.cwd ?? "/" });
}

/** Thrown into a connect whose name leads outside the signed class. */
export class WrongPlaceError extends Error {
  readonly code = "TOOLGATE_WRONG_PLACE";
}

/**
 * A resolver for sockets that refuses a name if any of its addresses is outside the class: a name that mixes them is how
 * DNS rebinding looks. It answers at each connect, so a name that moves later is found too.
 */
export function classLookup(hostClass: HostClass, resolve: Resolve = systemResolve): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const outside = addresses.find(({ address }) => classOf(address) !== hostClass);
      if (outside !== undefined || addresses.length === 0) {
        const found = outside === undefined ? "has no address" : `leads to ${outside.address}`;
        return callback(new WrongPlaceError(`"${host}" ${found}, and the bundle allows a ${hostClass} host`), []);
      }
      const first = addresses[0];
      if (options.all === true || first === undefined) return callback(null, [...addresses]);
      callback(null, first.address, first.family);
    });
  };
}

/** Link-local addresses (cloud metadata stands there), multicast and reserved ones belong to no class. */
export function classOf(address: string): HostClass | undefined {
  const range = ipaddr.process(address).range();
  if (range === "loopback") return "loopback";
  if (range === "private" || range === "uniqueLocal") return "private";
  return range === "unicast" ? "public" : undefined;
}

function hostOf(url: URL): string {
  return url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
}

function wrong(detail: string): ReturnType<typeof failed> {
  return failed("upstream.wrong_place", detail, false);
}
