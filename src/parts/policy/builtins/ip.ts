import { isIPv4, isIPv6 } from "node:net";

/** An address as Go holds it: 4 or 16 bytes. */
export type Address = readonly number[];

/** A network as Go's `net.IPNet`: the mask is as long as the notation it was written in. */
export interface Network {
  readonly address: Address;
  readonly mask: Address;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;

const bytes4 = (text: string): Address => text.split(".").map(Number);

function bytes16(text: string): Address {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = embedded === null ? [] : bytes4(embedded[2] ?? "");
  const groups = embedded === null ? text : (embedded[1] ?? "").replace(/([^:]):$/, "$1");
  const [left = "", right] = groups.split("::");
  const read = (part: string): number[] =>
    part
      .split(":")
      .filter((group) => group !== "")
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
  const [head, rest] = [read(left), [...read(right ?? ""), ...tail]];
  return [...head, ...Array<number>(16 - head.length - rest.length).fill(0), ...rest];
}

/** Go's `net.ParseIP`: no zone, no leading zeros. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return bytes4(text);
  return isIPv6(text) && !text.includes("%") ? bytes16(text) : undefined;
}

const MOST_BITS = 128;

/** Go's `net.ParseCIDR`, with the address cut to the network. */
export function parseNetwork(text: string): Network | undefined {
  const [name = "", length = "", ...rest] = text.split("/");
  const address = parseAddress(name);
  if (rest.length > 0 || address === undefined || !/^\d+$/.test(length)) return undefined;
  const bits = Number(length);
  if (bits > Math.min(address.length * 8, MOST_BITS)) return undefined;
  const mask = maskOf(bits, address.length);
  return { address: masked(address, mask), mask };
}

export const maskOf = (bits: number, size: number): Address =>
  Array.from({ length: size }, (_, index) => (0xff << (8 - Math.min(8, Math.max(0, bits - index * 8)))) & 0xff);

export const prefixOf = (mask: Address): number => mask.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);

export const masked = (address: Address, mask: Address): Address => address.map((byte, index) => byte & (mask[index] ?? 0));

/** The four bytes of an address that is one of IPv4, also where it is written as one of IPv6. */
export function to4(address: Address): Address | undefined {
  if (address.length === 4) return address;
  return MAPPED.every((byte, index) => address[index] === byte) ? address.slice(12) : undefined;
}

export const to16 = (address: Address): Address => (address.length === 4 ? [...MAPPED, ...address] : address);

/** Go's `IPNet.Contains`: an address of IPv4 is never inside a network of IPv6, mapped or not. */
export function containsAddress(network: Network, address: Address): boolean {
  const base = to4(network.address) ?? network.address;
  const mask = base.length === 4 ? network.mask.slice(-4) : network.mask;
  const found = to4(address) ?? address;
  return found.length === base.length && base.every((byte, index) => ((byte ^ (found[index] ?? 0)) & (mask[index] ?? 0)) === 0);
}

export function lastAddress({ address, mask }: Network): Address {
  return address.map((byte, index) => byte | (~(mask[index] ?? 0) & 0xff));
}

export const toBigint = (address: Address): bigint => address.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

export function fromBigint(value: bigint, size: number): Address {
  return Array.from({ length: size }, (_, index) => Number((value >> BigInt((size - 1 - index) * 8)) & 0xffn));
}

/** Go's `IP.String`: the form of RFC 5952, and dots for what is an address of IPv4. */
export function addressText(address: Address): string {
  const short = to4(address);
  if (short !== undefined) return short.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (((address[index * 2] ?? 0) << 8) | (address[index * 2 + 1] ?? 0)).toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === "0") end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
