import { RE2JS } from "re2js";
import { childrenOf, isTerm } from "../../rego/index.ts";

/** A built-in that has no value for some operands of the right type. */
export interface Partial {
  /** Where it has none, in words that follow "has no value for". */
  readonly without: string;
  /** Whether these operands always give it one. */
  readonly fine?: (operands: readonly unknown[]) => boolean;
}

const pattern: Partial = { without: "a pattern that is no regular expression", fine: ([first]) => isPattern(first) };
const certificate: Partial = { without: "a text that is no certificate or key" };
const token: Partial = { without: "a text that is no token, or a key that is none" };
const network: Partial = { without: "a text that is no address or network" };
const graphql: Partial = { without: "a text that is no GraphQL" };
const cast: Partial = { without: "a value of another type" };
const whole: Partial = { without: "a number that is not whole", fine: (operands) => operands.every(isWhole) };
const clock: Partial = { without: "a time beyond what fits, or an unknown time zone", fine: ([at]) => isClock(at) };

/**
 * Built-ins that turn undefined without a trace, although their operands are of the right types. Every other one of OPA
 * stands in `total`: a test fails for one that stands in neither, or in both.
 */
export const partial: Readonly<Record<string, Partial>> = {
  "base64.decode": { without: "a text that is no base64" },
  "base64url.decode": { without: "a text that is no base64" },
  "bits.and": whole,
  "bits.lsh": whole,
  "bits.negate": whole,
  "bits.or": whole,
  "bits.rsh": whole,
  "bits.xor": whole,
  cast_array: cast,
  cast_boolean: cast,
  cast_null: cast,
  cast_object: cast,
  cast_set: cast,
  cast_string: cast,
  "crypto.parse_private_keys": certificate,
  "crypto.x509.parse_and_verify_certificates": certificate,
  "crypto.x509.parse_and_verify_certificates_with_options": certificate,
  "crypto.x509.parse_certificate_request": certificate,
  "crypto.x509.parse_certificates": certificate,
  "crypto.x509.parse_keypair": certificate,
  "crypto.x509.parse_rsa_private_key": certificate,
  div: { without: "a divisor of 0", fine: ([, divisor]) => isNumber(divisor, (value) => value !== 0) },
  format_int: {
    without: "a base other than 2, 8, 10 and 16",
    fine: ([, base]) => isNumber(base, (value) => [2, 8, 10, 16].includes(value)),
  },
  "glob.match": { without: "a pattern that is no glob", fine: ([first]) => isText(first, (text) => /^[^[\]{}\\]*$/.test(text)) },
  "graphql.parse": graphql,
  "graphql.parse_and_verify": graphql,
  "graphql.parse_query": graphql,
  "graphql.parse_schema": graphql,
  "hex.decode": { without: "a text that is no hexadecimal" },
  "http.send": { without: "a server that does not answer" },
  indexof: { without: "an empty text to look for", fine: ([, needle]) => isText(needle, (text) => text !== "") },
  indexof_n: { without: "an empty text to look for", fine: ([, needle]) => isText(needle, (text) => text !== "") },
  "io.jwt.decode": token,
  "io.jwt.decode_verify": token,
  "io.jwt.encode_sign": token,
  "io.jwt.encode_sign_raw": token,
  "io.jwt.verify_eddsa": token,
  "io.jwt.verify_es256": token,
  "io.jwt.verify_es384": token,
  "io.jwt.verify_es512": token,
  "io.jwt.verify_hs256": token,
  "io.jwt.verify_hs384": token,
  "io.jwt.verify_hs512": token,
  "io.jwt.verify_ps256": token,
  "io.jwt.verify_ps384": token,
  "io.jwt.verify_ps512": token,
  "io.jwt.verify_rs256": token,
  "io.jwt.verify_rs384": token,
  "io.jwt.verify_rs512": token,
  "json.marshal_with_options": { without: "options that it does not know" },
  "json.match_schema": { without: "a schema that is none" },
  "json.patch": { without: "a patch that does not fit" },
  "json.unmarshal": { without: "a text that is no JSON" },
  max: { without: "an empty collection", fine: ([all]) => isFilled(all) },
  min: { without: "an empty collection", fine: ([all]) => isFilled(all) },
  "net.cidr_contains": network,
  "net.cidr_contains_matches": network,
  "net.cidr_expand": network,
  "net.cidr_intersects": network,
  "net.cidr_merge": network,
  "net.cidr_overlap": network,
  "net.lookup_ip_addr": { without: "a name that is not found" },
  "numbers.range": whole,
  "numbers.range_step": {
    without: "a number that is not whole, or a step below 1",
    fine: (all) => all.every(isWhole) && isNumber(all[2], (step) => step > 0),
  },
  "object.union_n": { without: "a list with anything but objects" },
  "providers.aws.sign_req": { without: "a request that lacks something" },
  "rand.intn": { without: "a number that is not whole" },
  re_match: pattern,
  "regex.find_all_string_submatch_n": pattern,
  "regex.find_n": pattern,
  "regex.globs_match": { without: "a pattern that is none", fine: (all) => all.every((one) => isText(one)) },
  "regex.match": pattern,
  "regex.replace": { without: "a pattern that is no regular expression", fine: ([, expression]) => isPattern(expression) },
  "regex.split": pattern,
  "regex.template_match": { without: "a template whose parts are no regular expressions" },
  "rego.parse_module": { without: "a text that is no Rego" },
  rem: { without: "a divisor of 0, or a number that is not whole" },
  "semver.compare": { without: "a text that is no version" },
  "strings.render_template": { without: "a template that names what is not there" },
  substring: { without: "an offset below 0", fine: ([, offset]) => isNumber(offset, (value) => value >= 0 && Number.isInteger(value)) },
  "time.add_date": { without: "a time beyond what fits" },
  "time.clock": clock,
  "time.date": clock,
  "time.diff": { without: "a time beyond what fits, or an unknown time zone", fine: (all) => all.every(isClock) },
  "time.format": clock,
  "time.parse_duration_ns": { without: "a text that is no duration" },
  "time.parse_ns": { without: "a text that is no such time" },
  "time.parse_rfc3339_ns": { without: "a text that is no RFC 3339 time" },
  "time.weekday": clock,
  to_number: { without: "a text that is no number" },
  "units.parse": { without: "a text that is no amount" },
  "units.parse_bytes": { without: "a text that is no amount" },
  "uri.parse": { without: "a text that is no URI" },
  "urlquery.decode": { without: "a text with a broken escape" },
  "urlquery.decode_object": { without: "a text with a broken escape" },
  "uuid.parse": { without: "a text that is no UUID" },
  "yaml.unmarshal": { without: "a text that is no YAML" },
};

/** Built-ins that have a value for all operands of the right types. */
export const total: ReadonlySet<string> = new Set(
  [
    "abs all and any array.concat array.flatten array.reverse array.slice assign base64.encode base64.is_valid base64url.encode",
    "base64url.encode_no_pad ceil concat contains count crypto.hmac.equal crypto.hmac.md5 crypto.hmac.sha1 crypto.hmac.sha256",
    "crypto.hmac.sha512 crypto.md5 crypto.sha1 crypto.sha256 endswith eq equal floor glob.quote_meta graph.reachable",
    "graph.reachable_paths graphql.is_valid graphql.schema_is_valid gt gte hex.encode internal.member_2 internal.member_3",
    "internal.print internal.template_string internal.test_case intersection is_array is_boolean is_null is_number is_object is_set",
    "is_string json.filter json.is_valid json.marshal json.remove json.verify_schema lower lt lte minus mul neq net.cidr_is_valid",
    "object.filter object.get object.keys object.remove object.subset object.union opa.runtime or plus print product",
    "regex.is_valid rego.metadata.chain rego.metadata.rule replace round semver.is_valid set_diff sort split sprintf startswith",
    "strings.any_prefix_match strings.any_suffix_match strings.count strings.replace_n strings.reverse strings.split_n sum",
    "time.now_ns trace trim trim_left trim_prefix trim_right trim_space trim_suffix type_name union upper uri.is_valid",
    "urlquery.encode urlquery.encode_object uuid.rfc4122 walk yaml.is_valid yaml.marshal",
  ].flatMap((line) => line.split(" ")),
);

function isText(term: unknown, holds: (text: string) => boolean = () => true): boolean {
  return isTerm(term) && term.type === "string" && typeof term.value === "string" && holds(term.value);
}

function isNumber(term: unknown, holds: (value: number) => boolean): boolean {
  return isTerm(term) && term.type === "number" && holds(Number(term.value));
}

function isWhole(term: unknown): boolean {
  return isNumber(term, Number.isInteger);
}

function isPattern(term: unknown): boolean {
  return isText(term, (text) => {
    try {
      RE2JS.compile(text);
      return true;
    } catch {
      return false;
    }
  });
}

/** A written list or set with anything in it. */
function isFilled(term: unknown): boolean {
  return isTerm(term) && (term.type === "array" || term.type === "set") && childrenOf(term.value).length > 0;
}

/** The decision's own time, alone or with a time zone that is written out and known. */
function isClock(term: unknown): boolean {
  if (isTerm(term) && term.type === "array") {
    const [at, zone, ...more] = childrenOf(term.value);
    return isClock(at) && isText(zone, isZone) && more.every((part) => isText(part));
  }
  if (!isTerm(term) || term.type !== "ref") return false;
  return (
    childrenOf(term.value)
      .map((part) => (isTerm(part) ? part.value : undefined))
      .join(".") === "input.time.ns"
  );
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name === "" ? "UTC" : name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
