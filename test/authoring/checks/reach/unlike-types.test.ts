import { expect, it } from "vitest";
import { silentFor } from "../evaluated.ts";
import { type Package, refusals } from "./checked.ts";

const constrain = (line: string, more = "", tool = "crm.refund") =>
  `constrain contains {"code": "a.b"} if {\n\tinput.tool.id == "${tool}"\n\t${line}\n}\n\n${more}`;
const deny = (line: string) => `deny contains {"code": "a.b"} if {\n\t${line}\n}`;

/** Each means to refuse a refund of 5000 with the ticket T-1, at ten o'clock, by support: and says nothing. */
const silent: Readonly<Record<string, string>> = {
  more_than_a_text: constrain('input.args.amount > "1000"'),
  equal_to_a_text: constrain('input.args.amount == "5000"'),
  among_texts: constrain('input.args.amount in ["5000", "6000"]'),
  among_texts_of_a_set: constrain('input.args.amount in {"5000"}'),
  unified_with_a_text: constrain('"5000" = input.args.amount'),
  start_of_a_number: constrain('startswith(input.args.amount, "5")'),
  pattern_of_a_number: constrain('regex.match("^5", input.args.amount)'),
  lower_number: constrain('lower(input.args.amount) == "5000"'),
  length_of_a_number: constrain("count(input.args.amount) > 3"),
  number_as_a_list: constrain('"5" in input.args.amount'),
  text_as_a_list: deny('"ann" in input.user.id'),
  hour_as_a_text: deny('input.time.hour > "8"'),
  by_a_name: constrain('amount := input.args.amount\n\tamount > "1000"'),
  by_a_rule: constrain('amount > "1000"', "amount := input.args.amount"),
  by_a_function: constrain("large(input.args.amount)", 'large(amount) if amount > "1000"'),
  by_object_get: constrain('object.get(input.args, "amount", 0) > "1000"'),
  more_than_a_table_says: constrain("input.args.amount > data.settings.timezone"),
  more_than_a_whole_table: deny("input.time.hour > data.settings.office_hours"),
  order_of_words: deny('input.tool.risk > "medium"'),
  order_of_words_by_a_name: deny('risk := input.tool.risk\n\trisk >= "medium"'),
  arithmetic_with_a_text: constrain("input.args.ticket * 2 > 1"),
  sum_of_a_text: constrain("sum(input.args.ticket) > 1"),
};

const sensible: Readonly<Record<string, string>> = {
  number: constrain("input.args.amount > 1000"),
  text: constrain('input.args.ticket == "T-1"'),
  texts: constrain('input.args.ticket in {"T-1", "T-2"}'),
  start: constrain('startswith(input.args.ticket, "T-")'),
  length: constrain("count(input.args.ticket) > 30"),
  text_of_a_number: constrain('format_int(input.args.amount, 10) == "5000"'),
  value_in_its_place: constrain('object.get(input.args, "limit", 101) > 100', "", "crm.search_customers"),
  null_in_its_place: constrain('object.get(input.args, "limit", null) == null', "", "crm.search_customers"),
  test_of_the_type: constrain("is_string(input.args.amount)"),
  rank_of_words: `${deny("rank[input.tool.risk] > 2")}\n\nrank := {"low": 1, "medium": 2, "high": 3, "critical": 4}`,
  order_of_texts: deny('input.time.rfc3339 < "2026-01-01T00:00:00Z"'),
  table: deny("input.time.hour < data.settings.office_hours.from"),
  list_of_a_table: deny("input.client.name in data.custom.suspended_clients"),
  rows_that_differ: deny("switch := data.custom.suspended_clients[input.agent.id]\n\tswitch != false"),
  function_with_a_default: constrain("number(input.args.amount) > 1000", "default number(_) := 1001\n\nnumber(x) := x if is_number(x)"),
  keys: constrain('"amount" in object.keys(input.args)\n\tinput.args.amount > 1'),
  arithmetic: constrain("input.args.amount * 2 + 1 > 1000"),
  sets: deny('count({group | some group in input.user.groups} & {"contractors"}) > 0'),
};

const packages = (rules: Readonly<Record<string, string>>): Readonly<Record<string, Package>> =>
  Object.fromEntries(Object.entries(rules).map(([name, text]) => [name, { rules: text }]));

it("refuses operands of types that do not fit, through names, rules and functions", async () => {
  const missed = Object.entries(await refusals(packages(silent))).filter(([, checks]) => !checks.includes("unlike-types"));
  expect(missed).toEqual([]);
});

it("says nothing where the types fit, or may fit", async () => {
  expect(await refusals(packages(sensible))).toEqual(Object.fromEntries(Object.keys(sensible).map((name) => [name, []])));
});

it("is silent in each of these rules: the danger is real", async () => {
  const data = { settings: { timezone: "Europe/Berlin", office_hours: { from: 8, until: 18 } } };
  const large = { args: { ticket: "T-1", customer: "C-1", amount: 5000 } };
  expect(await silentFor(silent, large, data)).toEqual(Object.keys(silent));
});
