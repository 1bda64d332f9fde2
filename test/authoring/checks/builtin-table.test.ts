import { expect, it } from "vitest";
import { partial, total } from "../../../src/authoring/checks/silence/builtin-table.ts";
import { runOpa } from "../../../src/authoring/opa.ts";
import { needOpa, refusals } from "./checked.ts";

it("each built-in of OPA is known to have a value for all operands of the right types, or to lack one for some", async () => {
  const { stdout } = await runOpa(await needOpa(), ["capabilities", "--current"], ".");
  const all: readonly { name: string }[] = JSON.parse(stdout).builtins;
  const names = all.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(200);
  expect(names.filter((name) => Object.hasOwn(partial, name) === total.has(name))).toEqual([]);
  expect([...Object.keys(partial), ...total].filter((name) => !names.includes(name))).toEqual([]);
});

const samples: Readonly<Record<string, string>> = {
  "base64.decode": 'base64.decode("%")',
  "base64url.decode": 'base64url.decode("%")',
  "bits.and": "bits.and(1.5, 1)",
  "bits.lsh": "bits.lsh(1.5, 1)",
  "bits.negate": "bits.negate(1.5)",
  "bits.or": "bits.or(1.5, 1)",
  "bits.rsh": "bits.rsh(1.5, 1)",
  "bits.xor": "bits.xor(1.5, 1)",
  div: "1 / 0",
  format_int: "format_int(1, 3)",
  "glob.match": 'glob.match("[", [], "a")',
  "hex.decode": 'hex.decode("x")',
  indexof: 'indexof("a", "")',
  "io.jwt.decode": 'io.jwt.decode("a")',
  "json.patch": 'json.patch({}, [{"op": "remove", "path": "/a"}])',
  "json.unmarshal": 'json.unmarshal("{")',
  max: "max([])",
  min: "min([])",
  "net.cidr_contains": 'net.cidr_contains("a", "b")',
  "net.cidr_expand": 'net.cidr_expand("a")',
  "net.cidr_intersects": 'net.cidr_intersects("a", "b")',
  "net.cidr_merge": 'net.cidr_merge(["a"])',
  "numbers.range": "numbers.range(1.5, 2)",
  "numbers.range_step": "numbers.range_step(1, 2, 0)",
  "regex.find_n": 'regex.find_n("(", "a", 1)',
  "regex.match": 'regex.match("(", "a")',
  "regex.replace": 'regex.replace("a", "(", "b")',
  "regex.split": 'regex.split("(", "a")',
  rem: "1 % 0",
  "semver.compare": 'semver.compare("a", "b")',
  substring: 'substring("abc", -1, 1)',
  "time.clock": 'time.clock([1, "Nowhere/Town"])',
  "time.parse_duration_ns": 'time.parse_duration_ns("a")',
  "time.parse_ns": 'time.parse_ns("2006", "a")',
  "time.parse_rfc3339_ns": 'time.parse_rfc3339_ns("a")',
  "time.weekday": 'time.weekday([1, "Nowhere/Town"])',
  to_number: 'to_number("a")',
  "units.parse": 'units.parse("a")',
  "units.parse_bytes": 'units.parse_bytes("a")',
  "urlquery.decode": 'urlquery.decode("%zz")',
  "uuid.parse": 'uuid.parse("a")',
  "yaml.unmarshal": 'yaml.unmarshal("{")',
};

it("what is called partial turns undefined without a trace in OPA's own evaluator", async () => {
  expect(Object.keys(samples).filter((name) => !Object.hasOwn(partial, name))).toEqual([]);
  const query = `{${Object.entries(samples)
    .map(([name, call]) => `${JSON.stringify(name)}: [x | x := ${call}]`)
    .join(", ")}}`;
  const { stdout } = await runOpa(await needOpa(), ["eval", "--format", "json", query], ".");
  const values: Readonly<Record<string, readonly unknown[]>> = JSON.parse(stdout).result[0].expressions[0].value;
  expect(Object.entries(values).filter(([, found]) => found.length > 0)).toEqual([]);
});

const deny = (body: string, more = "") => `deny contains {"code": "a.b"} if {\n\t${body}\n}\n\n${more}`;

it("lets a partial built-in stand where a default catches it, or where its operands are written out and fine", async () => {
  const fine = {
    function_default: deny("late(input.time.rfc3339)", "default late(_) := true\n\nlate(at) if time.parse_rfc3339_ns(at) > 3"),
    rule_default: deny("late", "default late := true\n\nlate if time.parse_rfc3339_ns(input.time.rfc3339) > 3"),
    else_without_condition: deny("late(input.time.rfc3339) > 3", "late(at) := time.parse_rfc3339_ns(at) if at\n\nelse := 4"),
    literal_pattern: deny("regex.match(`^[a-z]+$`, input.user.id)"),
    literal_replacement: deny('regex.replace(input.user.id, `[0-9]+`, "") == "ann"'),
    literal_divisor: deny("input.session.age_s / 60 > 3"),
    literal_offset: deny('substring(input.user.id, 0, 3) == "ann"'),
    literal_glob: deny('glob.match("*.example.com", [], input.user.id)'),
    clock_of_the_decision: deny('time.weekday([input.time.ns, "Europe/Berlin"]) == "Sunday"'),
    filled_list: deny("max([input.time.hour, 3]) == 3"),
    total: deny('lower(trim_space(input.user.id)) == "ann"'),
  };
  expect(await refusals(fine)).toEqual(Object.fromEntries(Object.keys(fine).map((name) => [name, []])));
});

it("refuses a partial built-in anywhere else, also where a default would not see what is lost", async () => {
  const wrong = {
    in_a_rule: deny("time.parse_rfc3339_ns(input.time.rfc3339) > 3"),
    in_a_helper: deny("late", "late if time.parse_rfc3339_ns(input.time.rfc3339) > 3"),
    in_a_function: deny("late(input.time.rfc3339)", "late(at) if time.parse_rfc3339_ns(at) > 3"),
    in_an_assignment: deny("ns := time.parse_rfc3339_ns(input.time.rfc3339)\n\tns > 3"),
    in_a_comprehension: deny("few", "default few := true\n\nfew if count([n | some role in input.user.roles; n := to_number(role)]) < 3"),
    in_a_set: deny("3 in numbers", "numbers contains to_number(role) if some role in input.user.roles"),
    in_every: deny("every role in input.user.roles {\n\t\tto_number(role) > 3\n\t}"),
    in_an_else: deny("late", "late if input.time.hour > 20\n\nelse if to_number(input.user.id) > 3"),
    with_a_default_behind_a_pattern: deny("f(input.user.id) > 3", 'f("ann") := 4\n\nf(id) := to_number(id) if id != "ann"'),
    pattern_from_the_input: deny("regex.match(input.user.id, input.agent.id)"),
    pattern_from_a_variable: deny("wanted := `^a`\n\tregex.match(wanted, input.user.id)"),
    pattern_that_is_none: deny("regex.match(`(`, input.user.id)"),
    divisor_of_zero: deny("input.session.age_s / 0 > 3"),
    divisor_of_the_input: deny("60 / input.session.age_s > 3"),
    rest: deny("input.time.hour % 2 == 0"),
    negative_offset: deny('substring(input.user.id, -1, 3) == "ann"'),
    unknown_zone: deny('time.weekday([input.time.ns, "Europe/Berlln"]) == "Sunday"'),
    by_json: deny("json.unmarshal(input.user.id).a == 1"),
    network: deny('net.cidr_contains("10.0.0.0/8", input.network.ip)'),
  };
  const missed = Object.entries(await refusals(wrong)).filter(([, checks]) => !checks.includes("partial-builtin"));
  expect(missed).toEqual([]);
});
