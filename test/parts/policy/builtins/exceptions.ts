/** An expression that the two evaluators answer differently, and why. A test fails if one of them agrees after all. */
export interface Exception {
  readonly expression: string;
  readonly opa: "value" | "error";
  readonly ours: "value" | "error" | "undefined" | "refused";
  readonly reason: string;
  /** What to write instead, or what to know. */
  readonly instead?: string;
}

const zones = "the databases of time zones differ about the time before 1970";
const names = "OPA reads a zone's name by the zone of the machine it runs on";
const abbreviations = "Node has no abbreviations of zones";
const bytes = "bytes that are no UTF-8 have no place in a value of ours; read as U+FFFD they would be others";
const bounded = "it would let an argument choose how much time or memory a decision takes";
const address = "Go prints an address or the inside of a structure";
const engine = "re2js refuses it, RE2 takes it";
const mail = "Go reads mail addresses with names, comments and quotes; told are plain ones, and texts without an @";
const elsewhere = "another document is asked of the network or of the disk, and a schema may come from an argument";
const inner = "an id inside of a schema, or a name, moves what references mean";
const digits = "Go prints a number of more than 18 digits by its binary form";
const beside = "whether OPA looks at what stands beside a $ref is left to chance";
const keys = "two keys of an object have one text in JSON";
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
  {
    expression: 'json.match_schema({"a": "A <a@b.c>"}, {"properties": {"a": {"format": "email"}}})',
    opa: "value",
    ours: "error",
    reason: mail,
  },
  {
    expression: 'json.match_schema({}, {"$ref": "http://json-schema.org/draft-07/schema#"})',
    opa: "value",
    ours: "error",
    reason: elsewhere,
  },
  { expression: 'json.verify_schema({"$ref": "other.json"})', opa: "value", ours: "error", reason: elsewhere },
  { expression: 'json.match_schema({}, {"properties": {"a": {"$ref": "#name"}}})', opa: "value", ours: "error", reason: inner },
  { expression: 'json.match_schema({}, {"properties": {"a": {"$id": "x"}}})', opa: "value", ours: "error", reason: inner },
  { expression: 'json.verify_schema({"$schema": "http://json-schema.org/draft-07/schema?x"})', opa: "value", ours: "error", reason: inner },
  {
    expression: 'json.verify_schema({"$ref": "#/definitions/x", "type": 5, "definitions": {"x": {}}})',
    opa: "value",
    ours: "error",
    reason: beside,
  },
  {
    expression: 'json.match_schema({"a": 1}, {"properties": {"a": {"maximum": 0.1234567890123456789}}})',
    opa: "value",
    ours: "error",
    reason: digits,
  },
  { expression: 'json.match_schema({"a": 1e401}, {"properties": {"a": {"maximum": 1}}})', opa: "value", ours: "error", reason: bounded },
  { expression: 'json.match_schema(opaque({1: 2, "1": 3}), {})', opa: "value", ours: "error", reason: keys },
  { expression: 'json.verify_schema({"pattern": "\\\\p{greek}"})', opa: "value", ours: "error", reason: engine },
];

const own = "the module's own function";
const decimal = `${own} counts in 18 decimal digits, OPA in 64 binary ones, and the two write large and small numbers differently`;
const lenient = `${own} takes what OPA refuses`;
const strict = `${own} has no answer where OPA has one`;
const mapped = `${own} takes an IPv4 address written as one of IPv6 for one of IPv6`;
const order = `${own} goes through a set in no order`;
const literal = `${own} keeps or makes another spelling of the same number`;
const dies = `${own} fails, and the decision denies`;

const integers = "count in whole numbers (cents, not euros), and compare with < and >, never with ==";
const whole = "pass whole numbers, written without a point or an exponent";
const sorted = "sort the elements first: sort([x | some x in things])";
const shape = "test the text with regex.match first";
const length = "test the network with net.cidr_is_valid first, and keep networks in tables";
const spelling = "keep patterns literal, so that the check at build sees them, and write them as RE2 does: (?P<name>a), \\\\p{Greek}";

/** Functions that run inside the module, which the host cannot replace. */
export const nativeExceptions: readonly Exception[] = [
  { expression: "1 / 3", opa: "value", ours: "value", reason: decimal, instead: integers },
  { expression: "opaque(2.5) + 4294967296", opa: "value", ours: "value", reason: decimal, instead: integers },
  { expression: "opaque(0.1) * 0.1", opa: "value", ours: "value", reason: decimal, instead: integers },
  { expression: "sum([opaque(1.5), 1e21])", opa: "value", ours: "value", reason: decimal, instead: integers },
  { expression: "product([opaque(1e-7), 64])", opa: "value", ours: "value", reason: decimal, instead: integers },
  { expression: "opaque(-0.5) - 9007199254740991", opa: "value", ours: "value", reason: decimal, instead: integers },
  { expression: "ceil(opaque(1e21))", opa: "value", ours: "value", reason: literal, instead: integers },
  { expression: 'to_number(opaque("+1"))', opa: "value", ours: "undefined", reason: strict, instead: shape },
  { expression: 'to_number("1_0")', opa: "value", ours: "undefined", reason: strict, instead: shape },
  { expression: "format_int(12345678901234567890, 10)", opa: "value", ours: "refused", reason: dies, instead: 'sprintf("%d", [x])' },
  { expression: "bits.and(7, opaque(1.0))", opa: "value", ours: "undefined", reason: strict, instead: whole },
  { expression: "bits.lsh(opaque(1.0), 3)", opa: "value", ours: "undefined", reason: strict, instead: whole },
  { expression: "array.slice([1], 1, opaque(1.0))", opa: "value", ours: "undefined", reason: strict, instead: whole },
  { expression: 'substring("b", opaque(1.0), 0)', opa: "value", ours: "undefined", reason: strict, instead: whole },
  { expression: "object.union_n(opaque([]))", opa: "value", ours: "undefined", reason: strict, instead: "object.union" },
  { expression: 'concat(" ", opaque({" a ", "a,b", "ſ", "é", "y"}))', opa: "value", ours: "value", reason: order, instead: sorted },
  { expression: "json.marshal(opaque({123456789.125, null, -2.5}))", opa: "value", ours: "value", reason: order, instead: sorted },
  { expression: 'json.remove({"a": 1}, opaque([""]))', opa: "value", ours: "refused", reason: dies, instead: "object.remove" },
  { expression: 'json.filter({"a": 1}, opaque([""]))', opa: "value", ours: "refused", reason: dies, instead: "object.filter" },
  {
    expression: 'json.unmarshal("\\"\\\\ud800\\"")',
    opa: "value",
    ours: "refused",
    reason: dies,
    instead: "let the tool's input schema check the argument",
  },
  {
    expression: 'json.marshal({"b": "ABC", "a": {"a": []}})',
    opa: "value",
    ours: "value",
    reason: `${own} writes members in no order`,
    instead: "json.marshal_with_options(x, {})",
  },
  { expression: "ceil(opaque(-0.5))", opa: "value", ours: "value", reason: "OPA's own answer is 1, which is wrong", instead: integers },
  { expression: "floor(opaque(-0.5))", opa: "value", ours: "value", reason: "OPA's own answer is 0, which is wrong", instead: integers },
  { expression: 'base64.decode("")', opa: "value", ours: "undefined", reason: strict, instead: "test for the empty text first" },
  {
    expression: 'json.unmarshal("[1 2]")',
    opa: "error",
    ours: "value",
    reason: lenient,
    instead: "json.verify_schema tells JSON from what is none",
  },
  { expression: 'base64.decode(" a b ")', opa: "error", ours: "value", reason: lenient, instead: shape },
  { expression: 'base64url.decode("a+/b")', opa: "error", ours: "value", reason: lenient, instead: shape },
  {
    expression: 'json.unmarshal("0x10")',
    opa: "error",
    ours: "value",
    reason: lenient,
    instead: "json.verify_schema tells JSON from what is none",
  },
  {
    expression: 'json.unmarshal("1 2")',
    opa: "error",
    ours: "value",
    reason: lenient,
    instead: "json.verify_schema tells JSON from what is none",
  },
  { expression: 'glob.match("{", [], "a")', opa: "error", ours: "value", reason: lenient, instead: "keep patterns literal" },
  { expression: 'indexof("ﬁ", "")', opa: "error", ours: "value", reason: lenient, instead: "contains" },
  { expression: 'net.cidr_contains("10.0.0.0/8", "10.0.0.0/8/8")', opa: "error", ours: "value", reason: lenient, instead: length },
  { expression: 'net.cidr_intersects("10.0.0.0/+8", "10.0.0.0/8")', opa: "error", ours: "value", reason: lenient, instead: length },
  {
    expression: 'json.marshal("<")',
    opa: "value",
    ours: "value",
    reason: `${own} does not escape <, > and &`,
    instead: "json.marshal_with_options(x, {})",
  },
  {
    expression: 'net.cidr_contains("10.0.0.0/8", "::ffff:10.0.0.1")',
    opa: "value",
    ours: "value",
    reason: mapped,
    instead: 'deny addresses with startswith(x, "::ffff:")',
  },
  {
    expression: 'net.cidr_contains("::/0", "::ffff:10.0.0.1")',
    opa: "value",
    ours: "value",
    reason: mapped,
    instead: 'deny addresses with startswith(x, "::ffff:")',
  },
  { expression: 'regex.match(opaque("(?<n>a)"), "K")', opa: "value", ours: "undefined", reason: strict, instead: spelling },
  { expression: 'regex.match(opaque("\\\\p{greek}"), "K")', opa: "value", ours: "undefined", reason: strict, instead: spelling },
  { expression: 'regex.is_valid(opaque("\\\\p{greek}"))', opa: "value", ours: "value", reason: strict, instead: spelling },
  { expression: 'regex.is_valid(opaque("\\\\C"))', opa: "value", ours: "value", reason: lenient, instead: spelling },
  {
    expression: 'regex.find_all_string_submatch_n(opaque("(?<n>a)"), "z", 2)',
    opa: "value",
    ours: "undefined",
    reason: strict,
    instead: spelling,
  },
];
