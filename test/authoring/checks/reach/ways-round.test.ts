import { describe, expect, it } from "vitest";
import { type Package, refusals } from "./checked.ts";

const permit = (...lines: readonly string[]): string =>
  `permit contains {"id": "x"} if {\n${lines.map((line) => `\t${line}`).join("\n")}\n}`;
const helper = (rule: string, ...lines: readonly string[]): string => `${permit(...lines)}\n\n${rule}`;

type Ways = Readonly<Record<string, string | Package>>;

const packages = (ways: Ways): Readonly<Record<string, Package>> =>
  Object.fromEntries(Object.entries(ways).map(([name, one]) => [name, typeof one === "string" ? { rules: one } : one]));

/** Each package is refused by the check, whatever else is said about it. */
async function missed(check: string, ways: Ways): Promise<readonly unknown[]> {
  const found = await refusals(packages(ways));
  return Object.entries(found).filter(([, checks]) => !checks.includes(check));
}

describe("a permit that looks at arguments is refused", () => {
  const ways: Ways = {
    plainly: permit("input.args.amount < 10"),
    by_brackets: permit('input["args"]["amount"] < 10'),
    as_a_whole: permit('input.args == {"amount": 3}'),
    through_a_helper_rule: helper("small if input.args.amount < 10", "small"),
    through_a_helper_by_its_full_path: helper("small if input.args.amount < 10", "data.policy.through_a_helper_by_its_full_path.small"),
    through_two_helpers: helper("small if tiny\n\ntiny if input.args.amount < 10", "small"),
    through_an_else: helper('level := 1 if input.tool.id == "crm.refund"\n\nelse := 2 if input.args.amount > 3', "level == 2"),
    through_the_value_of_a_rule: helper("most := input.args.amount", "most < 10"),
    through_a_rule_that_is_the_input: helper("all := input", "all.args.amount < 10"),
    through_a_set_of_rules: helper("all contains input.args.amount", "count(all) > 0"),
    through_an_object_of_rules: helper('all["a"] := input', "all.a.args.amount < 10"),
    through_the_key_of_an_object: helper("all[input.args.amount] := 1", "all[3]"),
    a_helper_that_takes_input_whole: helper("small(all) if all.args.amount < 10", "small(input)"),
    a_helper_that_gives_input_back: helper("same(all) := all", "same(input).args.amount < 10"),
    a_helper_that_gives_input_back_to_a_builtin: helper("same(all) := all", 'json.filter(same(input), ["args"]) != {}'),
    a_helper_that_gives_input_back_in_an_operand: helper("same(all) := all", "same(input, all)", "all.args.amount < 10"),
    a_function_argument: helper("small(amount) if amount < 10", "small(input.args.amount)"),
    another_name: permit("all := input", "all.args.amount < 10"),
    another_name_twice: permit("all := input", "again := all", "again.args.amount < 10"),
    another_name_in_a_list: permit("[all, _] := [input, 1]", "all.args.amount < 10"),
    a_pattern: permit('{"args": {"amount": amount}} = input', "amount < 10"),
    a_list_around_it: permit("[input][0].args.amount < 10"),
    json_filter: permit('json.filter(input, ["args/amount"]).args.amount < 10'),
    object_get: permit('object.get(input, "args", {}).amount < 10'),
    object_get_with_a_path: permit('object.get(input, ["args", "amount"], 1) < 10'),
    object_get_with_a_name_for_it: permit('key := "args"', "object.get(input, key, {}).amount < 10"),
    object_get_into_an_operand: permit('object.get(input, "args", {}, args)', "args.amount < 10"),
    object_union: permit("object.union(input, {}).args.amount < 10"),
    walk: permit('walk(input, [["args", "amount"], amount])', "amount < 10"),
    a_dynamic_reference: permit("some key", "input[key].amount < 10"),
    a_computed_reference: permit('input[concat("", ["ar", "gs"])].amount < 10'),
    a_reference_by_a_name: permit('key := "args"', "input[key].amount < 10"),
    a_reference_by_one_of_several: permit('some key in ["tool", "args"]', "input[key].amount < 10"),
    a_reference_by_data: permit("input[data.settings.member].amount < 10"),
    iterating_over_the_input: permit("some key, value in input", 'key == "args"', "value.amount < 10"),
    membership_in_the_input: permit('{"amount": 3} in input'),
    a_comprehension: permit("count([1 | input.args.amount > 10]) == 0"),
    a_comprehension_over_another_name: permit("count([all | all := input; all.args.amount > 10]) == 0"),
    every: permit("every amount in input.args.amounts { amount < 10 }"),
    not: permit("not input.args.amount"),
    with: helper("small if input.few < 10", 'small with input as {"few": input.args.amount}'),
    with_the_input_as_data: helper("small if data.custom.args.amount < 10", "small with data.custom as input"),
    a_template_string: permit('$"{input.args.amount}" == "3"'),
    a_rule_with_the_name_of_a_variable: helper("most := input.args.amount", "most = 5"),
    an_import_of_the_arguments: { rules: permit("a.amount < 10"), imports: "import input.args as a" },
    an_import_of_the_input: { rules: permit("i.args.amount < 10"), imports: "import input as i" },
  };

  it.each(Object.keys(ways).map((name) => [name.replaceAll("_", " "), name] as const))("%s", async (_, name) => {
    expect(await missed("unseen-in-permit-and-deny", { [name]: ways[name] ?? "" })).toEqual([]);
  });

  it("and so is one that looks at the phase, the method or what the agent claims of its request, and a deny that does", async () => {
    const members = ["args_digest", "phase", "method", "request.intent", "limits.truncated", "items", "findings.secrets", "result.bytes"];
    const rules = members.map((member, at) => [`a${at}`, permit(`input.${member}`)] as const);
    const denials = members.map((member, at) => [`b${at}`, `deny contains {"code": "b.x"} if input.${member}`] as const);
    expect(await missed("unseen-in-permit-and-deny", Object.fromEntries([...rules, ...denials]))).toEqual([]);
  });
});

describe("a rule that looks at the data of others is refused", () => {
  const ways: Ways = {
    another_package: permit("data.policy.refunds.trusted"),
    data_policy_by_a_variable: permit("some other", "data.policy[other].trusted"),
    data_policy_by_one_of_several: permit('some other in ["data_policy_by_one_of_several", "refunds"]', "data.policy[other].trusted"),
    its_own_rules_by_a_variable: helper("trusted if input.user", "some name", "data.policy.its_own_rules_by_a_variable[name]"),
    data_by_a_variable: permit("some root", "data[root].refunds.trusted"),
    bare_data: permit("walk(data, [_, true])"),
    data_under_another_name: permit("d := data", "d.policy.refunds.trusted"),
    object_get_on_data: permit('object.get(data, ["policy", "refunds", "trusted"], false)'),
    a_function_of_another_package: permit("data.policy.refunds.fits(input.user)"),
    the_library: permit("data.toolgate.questions"),
    the_roles: permit("data.roles.support"),
    the_index: permit("data.index.crm"),
    an_import: { rules: permit("refunds.trusted"), imports: "import data.policy.refunds" },
    an_import_of_a_function: { rules: permit("r.fits(input.user)"), imports: "import data.policy.refunds as r" },
    an_import_of_data: { rules: permit("d.policy.refunds.trusted"), imports: "import data as d" },
    in_a_denial: 'deny contains {"code": "a.b"} if not data.policy.refunds.trusted',
    in_a_mask: 'mask contains {"path": "/user/email"} if data.roles.support',
  };

  it("each", async () => {
    expect(await missed("foreign-data", ways)).toEqual([]);
  });
});

describe("a claim of the caller that could open something is refused", () => {
  const deny = (...lines: readonly string[]): string =>
    `deny contains {"code": "a.b"} if {\n${lines.map((line) => `\t${line}`).join("\n")}\n}`;
  const constrain = (...lines: readonly string[]): string =>
    deny('input.tool.id == "crm.refund"', "input.args.amount > 3", ...lines).replace("deny", "constrain");
  const ways: Ways = {
    in_permit: permit('input.client.name == "house-ide"'),
    in_permit_through_a_helper: helper('house if input.client.name == "house-ide"', "house"),
    in_permit_by_object_get: permit('object.get(input, ["client", "name"], "") == "house-ide"'),
    in_permit_by_import: { rules: permit('c.name == "house-ide"'), imports: "import input.client as c" },
    not: deny("not input.client.name"),
    not_a_helper: `${deny("not house")}\n\nhouse if input.client.name == "house-ide"`,
    not_a_function: `${deny("not house(input.client)")}\n\nhouse(client) if client.name == "house-ide"`,
    unequal: deny('input.client.name != "house-ide"'),
    unequal_under_another_name: deny("name := input.client.name", 'name != "house-ide"'),
    unequal_through_a_helper: `${deny('name != "house-ide"')}\n\nname := input.client.name`,
    ordering: constrain("input.request.confidence < 1"),
    a_comprehension: constrain("count([1 | input.request.intent]) == 0"),
    every: constrain('every part in input.request.intent { part != "x" }'),
    count: constrain("count(input.request.intent) < 3"),
    a_limit_by_claim: constrain('limit := {"house-ide": 1000}[input.client.name]', "input.args.amount > limit"),
    a_limit_by_claim_in_a_helper: `${constrain("input.args.amount > limit")}\n\nlimit := {"house-ide": 1000}[input.client.name]`,
    one_of_two_values: `${deny('who == "stranger"')}\n\nwho := "house" if input.client.name == "house-ide"\n\nelse := "stranger"`,
    a_value_other_than_the_default: `${deny("stranger")}\n\ndefault stranger := true\n\nstranger := false if input.client.name == "house-ide"`,
    the_first_of_an_else: `${deny("stranger")}\n\nstranger := false if input.client.name == "house-ide"\n\nelse := true`,
    a_key_with_a_value_in_its_place: deny('object.get({"house-ide": "house"}, input.client.name, "stranger") == "stranger"'),
    equal_to_false: deny('(input.client.name in {"house-ide"}) == false'),
    equal_to_false_by_a_name: deny('house := input.client.name == "house-ide"', "house == false"),
    false_as_an_operand: deny('startswith(input.client.name, "house", false)'),
    a_redaction_under_not: 'redact contains {"path": "/iban"} if not house\n\nhouse if input.client.name == "house-ide"',
  };

  it("each", async () => {
    expect(await missed("claims-of-the-caller", ways)).toEqual([]);
  });
});

describe("an argument that may be missing is found", () => {
  const limit = (...lines: readonly string[]): string =>
    `constrain contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.search_customers"\n${lines.map((line) => `\t${line}`).join("\n")}\n}`;
  const ways: Ways = {
    plainly: limit("input.args.limit > 100"),
    under_another_name: limit("args := input.args", "args.limit > 100"),
    in_a_helper: `${limit("many")}\n\nmany if input.args.limit > 100`,
    in_a_function: `${limit("many(input.args)")}\n\nmany(args) if args.limit > 100`,
    under_not_twice: `${limit("not few")}\n\nfew if not many\n\nmany if input.args.limit > 100`,
    under_not_as_an_operand: `${limit("not few(input.args.limit)")}\n\nfew(limit) if limit <= 100`,
    with_a_default_that_is_false: `${limit("many")}\n\ndefault many := false\n\nmany if input.args.limit > 100`,
    as_the_operand_of_a_function_with_a_default: `${limit("number(input.args.limit) > 100")}\n\ndefault number(_) := 1000\n\nnumber(x) := x if is_number(x)`,
    in_a_comprehension: limit("count([1 | input.args.limit > 100]) == 1"),
    below_what_object_get_gives: limit('object.get(input.args, "page", {}).limit > 100'),
    in_an_obligation:
      'oblige contains {"type": "log", "level": "warn"} if {\n\tinput.tool.id == "crm.search_customers"\n\tinput.args.limit > 100\n}',
    of_a_tool_that_is_not_named: 'constrain contains {"code": "a.b"} if input.args.amount > 1000',
    of_tools_by_their_effects: 'constrain contains {"code": "a.b"} if {\n\t"write" in input.tool.effects\n\tinput.args.amount > 1000\n}',
    inside_an_object:
      'constrain contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.update_customer"\n\tinput.args.fields.email == "x"\n}',
    in_a_copy: limit('object.remove(input.args, ["query"]).limit > 100'),
    in_a_copy_with_less: limit('json.filter(input.args, ["limit"]).limit > 100'),
    in_a_copy_with_more: limit('all := object.union({"page": 1}, input.args)', "all.limit > 100"),
    misspelt_with_a_value_in_its_place: limit('object.get(input.args, "limti", 0) > 100'),
    in_the_whole_input: limit('json.filter(input, ["args/limit"]).args.limit > 100'),
  };

  it("each", async () => {
    expect(await missed("argument-that-may-be-missing", ways)).toEqual([]);
  });
});
