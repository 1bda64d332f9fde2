/** An expression that the two evaluators answer differently, and why. A test fails if one of them agrees after all. */
export interface Exception {
  readonly expression: string;
  readonly opa: "value" | "error";
  readonly ours: "value" | "error" | "undefined" | "refused";
  readonly reason: string;
}

const zones = "the databases of time zones differ about the time before 1970";
const names = "OPA reads a zone's name by the zone of the machine it runs on";
const abbreviations = "Node has no abbreviations of zones";
const bytes = "bytes that are no UTF-8 have no place in a value of ours; read as U+FFFD they would be others";
const bounded = "it would let an argument choose how much time or memory a decision takes";
const address = "Go prints an address or the inside of a structure";
const engine = "re2js refuses it, RE2 takes it";
const young = "the tables of Unicode in OPA are older than those of Node";
const merge = "OPA's own answer is wrong here, and ours would be another one";

/** Host built-ins: ours is always the error, never another value. */
export const hostExceptions: readonly Exception[] = [
  { expression: 'time.format([-1000000000000000, "Europe/Berlin"])', opa: "value", ours: "error", reason: zones },
  { expression: 'time.clock([-9223372036854775808, "Asia/Tehran"])', opa: "value", ours: "error", reason: zones },
  { expression: 'time.parse_ns("MST 2006", "CET 2024")', opa: "value", ours: "error", reason: names },
  { expression: 'time.parse_ns("RFC850", "Sunday, 06-Nov-94 08:49:37 PST")', opa: "value", ours: "error", reason: names },
  { expression: 'time.format([0, "Asia/Kolkata", "MST"])', opa: "value", ours: "error", reason: abbreviations },
  { expression: 'uri.parse("/%FF")', opa: "value", ours: "error", reason: bytes },
  { expression: 'hex.decode("ff")', opa: "value", ours: "error", reason: bytes },
  { expression: 'urlquery.decode("%FF")', opa: "value", ours: "error", reason: bytes },
  { expression: 'crypto.sha256(base64.decode("/w=="))', opa: "value", ours: "error", reason: bytes },
  { expression: 'io.jwt.decode("e30.eyL_IjoxfQ.c2ln")', opa: "value", ours: "error", reason: bytes },
  { expression: 'sprintf("%1001d", [1])', opa: "value", ours: "error", reason: bounded },
  { expression: 'sprintf("%*d", [55296, 1])', opa: "value", ours: "error", reason: bounded },
  { expression: "count(numbers.range_step(0, 20000, 1))", opa: "value", ours: "error", reason: bounded },
  { expression: 'count(net.cidr_expand("10.0.0.0/15"))', opa: "value", ours: "error", reason: bounded },
  { expression: 'units.parse("1e999")', opa: "value", ours: "error", reason: bounded },
  { expression: 'sprintf("%w", [12345678901234567890123])', opa: "value", ours: "error", reason: address },
  { expression: 'regex.find_n("(?P<n>a)(?P<n>b)", "ab", -1)', opa: "value", ours: "error", reason: engine },
  { expression: 'regex.find_n("\\\\p{greek}", "α", -1)', opa: "value", ours: "error", reason: engine },
  { expression: 'regex.find_n("\\\\p{L}", "\\u1c89", -1)', opa: "value", ours: "error", reason: young },
  { expression: 'net.cidr_merge(["::ffff:10.0.0.0/104"])', opa: "value", ours: "error", reason: merge },
];

const own = "the module's own function, which the host cannot replace";
const decimal = `${own}: it counts in 18 decimal digits, OPA in 64 binary ones`;
const lenient = `${own}: it takes what OPA refuses`;
const strict = `${own}: it does not take what OPA takes`;

/** Functions that run inside the module. */
export const nativeExceptions: readonly Exception[] = [
  { expression: "1 / 3", opa: "value", ours: "value", reason: decimal },
  { expression: "format_int(12345678901234567890, 10)", opa: "value", ours: "refused", reason: strict },
  { expression: "bits.and(7, opaque(1.0))", opa: "value", ours: "undefined", reason: strict },
  { expression: "object.union_n(opaque([]))", opa: "value", ours: "undefined", reason: strict },
  { expression: 'base64.decode(" a b ")', opa: "error", ours: "value", reason: lenient },
  { expression: 'json.unmarshal("0x10")', opa: "error", ours: "value", reason: lenient },
  { expression: 'glob.match("{", [], "a")', opa: "error", ours: "value", reason: lenient },
  { expression: 'indexof("ﬁ", "")', opa: "error", ours: "value", reason: lenient },
  { expression: 'json.marshal("<")', opa: "value", ours: "value", reason: `${own}: it does not escape <, > and &` },
  {
    expression: 'net.cidr_contains("10.0.0.0/8", "::ffff:10.0.0.1")',
    opa: "value",
    ours: "value",
    reason: `${own}: an IPv4 address written as one of IPv6 is one of IPv6 there`,
  },
  {
    expression: 'net.cidr_contains("::/0", "::ffff:10.0.0.1")',
    opa: "value",
    ours: "value",
    reason: `${own}: an IPv4 address written as one of IPv6 is one of IPv6 there`,
  },
];
