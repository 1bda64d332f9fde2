import { type Builtin, BuiltinError, elementsOf, setOf, stringOf } from "./builtin.ts";
import {
  type Address,
  addressText,
  containsAddress,
  fromBigint,
  lastAddress,
  masked,
  maskOf,
  type Network,
  parseAddress,
  parseNetwork,
  prefixOf,
  to4,
  to16,
  toBigint,
} from "./ip.ts";
import { compareValues, isArray, isObject, isSet, numberOf, type Value } from "./value.ts";

function networkOf(value: Value | undefined): Network {
  const network = parseNetwork(stringOf(value));
  if (network === undefined) throw new BuiltinError("not a network");
  return network;
}

const cidrIsValid: Builtin = (_, value) => typeof value === "string" && parseNetwork(value) !== undefined;

function contains(network: Network, text: string): boolean {
  const address = parseAddress(text);
  if (address !== undefined) return containsAddress(network, address);
  const inner = networkOf(text);
  if (isPlain6(network) && isPlain6(inner)) {
    const same = masked(inner.address, network.mask).every((byte, index) => byte === network.address[index]);
    return prefixOf(network.mask) <= prefixOf(inner.mask) && same;
  }
  return containsAddress(network, inner.address) && containsAddress(network, lastAddress(inner));
}

const isPlain6 = (network: Network): boolean => network.mask.length === 16 && to4(network.address) === undefined;

/** Two lists multiply: a thousand networks against a thousand addresses are a million tests. */
const MOST_TESTS = 100_000;

const containsMatches: Builtin = (_, first, second) => {
  const [networks, others] = [matchTerms(first), matchTerms(second)];
  if (networks.length * others.length > MOST_TESTS) throw new BuiltinError("net.cidr_contains_matches: too many pairs");
  const found: Value[] = [];
  for (const [cidr, index] of networks) {
    for (const [other, otherIndex] of others) {
      if (contains(networkOf(cidr), stringOf(other))) found.push([index, otherIndex]);
    }
  }
  return setOf(found);
};

/** Each member with what names it in the answer: a string itself, an index, an element, a key. */
function matchTerms(value: Value | undefined): readonly (readonly [Value, Value])[] {
  if (typeof value === "string") return [[value, value]];
  if (value === undefined || value === null) return [];
  if (isArray(value)) return value.map((item, index) => [cidrTerm(item), numberOf(index)]);
  if (isSet(value)) return elementsOf(value).map((item) => [cidrTerm(item), item]);
  if (isObject(value)) return sortedEntries(value.entries).map(([key, item]) => [cidrTerm(item), key]);
  return [];
}

const sortedEntries = (entries: readonly (readonly [Value, Value])[]): readonly (readonly [Value, Value])[] =>
  entries.toSorted((a, b) => compareValues(a[0], b[0]));

/** A string, or the first of an array. */
function cidrTerm(value: Value): Value {
  if (typeof value === "string") return value;
  const first = isArray(value) ? value[0] : undefined;
  if (first === undefined) throw new BuiltinError("element must be string or non-empty array");
  return first;
}

/** `10.0.0.0/8` has sixteen million addresses, and a network of IPv6 more than there is memory. */
const MOST_ADDRESSES = 65_536;

const expand: Builtin = (_, value) => {
  const network = networkOf(value);
  const size = network.address.length;
  const count = 1n << BigInt(size * 8 - prefixOf(network.mask));
  if (count > BigInt(MOST_ADDRESSES)) throw new BuiltinError("net.cidr_expand: the network is too large");
  const start = toBigint(network.address);
  const texts: string[] = [];
  for (let offset = 0n; offset < count; offset++) {
    const address = fromBigint(start + offset, size);
    if (!containsAddress(network, address)) break;
    texts.push(addressText(address));
  }
  return setOf(texts);
};

/** First and last address, sixteen bytes each; the network is kept as it was written until two are merged. */
interface Span {
  readonly first: bigint;
  readonly last: bigint;
  readonly network?: Network;
}

const MOST_NETWORKS = 10_000;

const merge: Builtin = (_, value) => {
  const networks = elementsOf(value).map(mergeable);
  if (networks.length > MOST_NETWORKS) throw new BuiltinError("net.cidr_merge: too many networks");
  const spans = networks.map(spanOf).toSorted((a, b) => order(a.last, b.last) || order(a.first, b.first));
  const merged: Span[] = [];
  let current = spans.pop();
  while (current !== undefined) {
    const before = spans.pop();
    if (before === undefined || previous(current.first) > before.last) {
      merged.push(current);
      current = before;
    } else {
      current = { first: lower(before.first, current.first), last: current.last };
    }
  }
  return setOf(merged.flatMap(({ first, last, network }) => (network === undefined ? cover(first, last) : [networkText(network)])));
};

function lower(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** An address alone counts with the mask of its class, as in Go: 10.0.0.1 is 10.0.0.1/8. */
function mergeable(value: Value): Network {
  const text = stringOf(value);
  const address = parseAddress(text);
  if (address === undefined) {
    const network = networkOf(text);
    // OPA makes 28 bytes of the sixteen here, and its answer has no meaning.
    if (network.address.length === 16 && to4(network.address) !== undefined) throw new BuiltinError("net.cidr_merge: a mapped network");
    return network;
  }
  const short = to4(address);
  if (short === undefined) throw new BuiltinError("IPv6 invalid: needs prefix length");
  return { address: short, mask: maskOf(classBits(short), 4) };
}

const classBits = ([first = 0]: Address): number => (first < 0x80 ? 8 : first < 0xc0 ? 16 : 24);

function spanOf(network: Network): Span {
  const base = { ...network, address: masked(network.address, network.mask) };
  return { first: toBigint(to16(base.address)), last: toBigint(to16(lastAddress(base))), network };
}

const FIRST_V4 = 0xffff_0000_0000n;

/** The address before, where there is one in its family. */
const previous = (address: bigint): bigint => (address === 0n || address === FIRST_V4 ? address : address - 1n);

const networkText = ({ address, mask }: Network): string => `${addressText(address)}/${prefixOf(mask)}`;

const isV4 = (address: bigint): boolean => address >> 32n === 0xffffn;

/** The fewest networks that hold exactly the addresses from first to last. */
function cover(first: bigint, last: bigint): readonly string[] {
  const bits = isV4(first) ? 32n : 128n;
  // OPA loses the leading zeros of such an address and names another network.
  if (bits === 128n && first !== 0n && first >> 120n === 0n) throw new BuiltinError("net.cidr_merge: a range that begins with zeros");
  const texts: string[] = [];
  let at = first;
  while (at <= last) {
    let size = 0n;
    while (size < bits && at % (1n << (size + 1n)) === 0n && at + (1n << (size + 1n)) - 1n <= last) size++;
    texts.push(`${addressText(fromBigint(at, 16))}/${bits - size}`);
    at += 1n << size;
  }
  return texts;
}

export const netBuiltins = {
  "net.cidr_is_valid": cidrIsValid,
  "net.cidr_contains_matches": containsMatches,
  "net.cidr_expand": expand,
  "net.cidr_merge": merge,
} satisfies Record<string, Builtin>;
