import { expect, it } from "vitest";
import { mistakesIn, moduleOf, refusals } from "./checked.ts";
import { silentFor } from "./evaluated.ts";

const deny = (body: string, more = "") => `deny contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.refund"\n\t${body}\n}\n\n${more}`;

const allowed: Readonly<Record<string, string>> = {
  bare_rule: deny("not staff", 'staff if "staff" in input.user.groups'),
  input_path: deny("not input.user.email"),
  input_path_by_string: deny('not input.session["id"]'),
  input_path_with_variable: deny('some key in ["email"]\n\tnot input.user[key]'),
  function_of_variables: deny("id := input.agent.id\n\tnot staff(id)", 'staff(id) if startswith(id, "staff-")'),
  function_of_literals: deny('not listed("crm", {"a": [1, 2]})', "listed(server, _) if server == input.server.id"),
  full_name: deny("id := input.agent.id\n\tnot data.policy.full_name.staff(id)", 'staff(id) if startswith(id, "staff-")'),
  builtin_of_variables: deny('id := input.agent.id\n\tnot startswith(id, "staff-")'),
  comparison_of_variables: deny('id := input.agent.id\n\tnot id == "ann"'),
  membership_of_literals: deny('id := input.agent.id\n\tnot id in {"ann", "bob"}'),
  member_of_a_variable: deny("agent := input.agent\n\tnot agent.team"),
  constant_rule: deny("id := input.agent.id\n\tnot id in staff", 'staff := {"ann", "bob"}'),
  rule_with_a_default: deny("id := input.agent.id\n\tnot id in staff", "default staff := []\n\nstaff := input.user.groups"),
  set_of_elements: deny("id := input.agent.id\n\tnot id in staff", "staff contains group if some group in input.user.groups"),
  comprehension: deny("not none({group | some group in input.user.groups})", "none(groups) if count(groups) == 0"),
  template_string: deny('not known($"{input.user.id}-{input.agent.id}")', 'known(name) if name == "ann-bot"'),
  inside_a_comprehension: deny("count([1 | not staff]) == 1", 'staff if "staff" in input.user.groups'),
  variable_of_a_user_that_the_rule_asks_for: deny('input.user\n\tid := input.user.id\n\tnot id in {"ann"}'),
  variable_of_a_user_by_kind: deny('input.principal.kind == "user_via_agent"\n\tid := input.user.id\n\tnot id in {"ann"}'),
  variable_of_a_user_of_a_group: deny('"support" in input.user.groups\n\tid := input.user.id\n\tnot id in {"ann"}'),
  variable_of_arguments: deny('ticket := input.args.ticket\n\tnot startswith(ticket, "T-")').replace("deny", "constrain"),
  variable_of_a_table: deny("switch := data.custom.suspended_clients[input.agent.id]\n\tnot switch == true"),
  variable_of_a_permit: deny('team := input.agent.team\n\tnot team == "x"').replace(
    'deny contains {"code": "a.b"}',
    'permit contains {"id": "a"}',
  ),
  inside_every: deny("every role in input.agent.roles {\n\t\tnot foreign(role)\n\t}", 'foreign(role) if startswith(role, "x-")'),
};

const refused: Readonly<Record<string, string>> = {
  builtin: deny('not startswith(input.user.id, "staff-")'),
  builtin_behind: deny('id := input.tool.id\n\tnot startswith(id, concat("", [input.user.id, "-"]))'),
  member: deny('not "staff" in input.user.groups'),
  member_of_input: deny('not input.user.id in ["ann"]'),
  equality: deny('not input.user.id == "ann"'),
  inequality: deny('not input.user.id != "ann"'),
  order: deny("not input.session.age_s < 10"),
  unification: deny('not input.user.id = "ann"'),
  own_function: deny("not staff(input.user.id)", 'staff(id) if startswith(id, "staff-")'),
  own_function_by_full_name: deny(
    "not data.policy.own_function_by_full_name.staff(input.user.id)",
    'staff(id) if startswith(id, "staff-")',
  ),
  nested_call: deny("groups := input.agent.roles\n\tnot few(count(groups))", "few(n) if n < 3"),
  arithmetic: deny("age := input.time.hour\n\tnot age + 1 > 3"),
  in_an_array: deny("not fine([input.user.id])", 'fine(list) if "ann" in list'),
  in_an_object: deny('not fine({"id": input.user.id})', 'fine(user) if user.id == "ann"'),
  in_brackets: deny("not data.custom.suspended[input.user.id]"),
  in_brackets_of_a_variable: deny("list := data.custom.suspended\n\tnot list[input.user.id]"),
  behind_a_literal: deny('not {"ann": true}[input.user.id]'),
  behind_a_call: deny("not object.union(input.user, {}).email"),
  in_parentheses: deny('not (input.user.id == "ann")'),
  of_a_rule_without_default: deny("id := input.agent.id\n\tnot id == owner", "owner := input.user.id"),
  of_an_imported_path: deny('not startswith(i.user.id, "staff-")'),
  data_in_an_operand: deny("id := input.agent.id\n\tnot id in data.custom.suspended"),
  member_of_a_bound_object: deny('agent := input.agent\n\tnot agent.team == "a"'),
  whole_input: deny("not fine(input)", 'fine(i) if i.user.id == "ann"'),
  in_every: deny("every group in input.user.groups {\n\t\tnot startswith(group, input.user.id)\n\t}"),
  in_a_comprehension: deny('count([1 | not startswith(input.user.id, "x")]) == 1'),
  in_an_else: deny("shut", 'shut if input.time.hour < 8\n\nelse if not startswith(input.user.id, "x")'),
  in_a_permit: 'permit contains {"id": "a"} if not "guests" in input.user.groups',
};

/** A variable has a value wherever it is used; the rule is silent where what gives it one is missing. */
const behindNames: Readonly<Record<string, string>> = {
  builtin: deny('id := input.user.id\n\tnot startswith(id, "staff-")'),
  membership: deny('groups := input.user.groups\n\tnot "support" in groups'),
  own_function: deny("groups := input.user.groups\n\tnot staff(groups)", 'staff(groups) if "staff" in groups'),
  unified: deny('team = input.agent.team\n\tnot team == "support"'),
  in_a_list: deny('[team, _] := [input.agent.team, 1]\n\tnot team == "support"'),
  element_of_a_list: deny('some team in [input.agent.team]\n\tnot team == "support"'),
  twice: deny('user := input.user\n\tgroups := user.groups\n\tnot "support" in groups'),
  member: deny("user := input.user\n\tnot user.email"),
  what_a_builtin_gives: deny('staff := startswith(input.user.id, "staff-")\n\tnot staff'),
  what_a_builtin_gives_as_an_operand: deny('startswith(input.user.id, "staff-", staff)\n\tnot staff'),
  handed_on: deny("outside(input.user.groups)", 'outside(groups) if not "support" in groups'),
  handed_on_twice: deny("outside(input.user.groups)", 'outside(all) if foreign(all)\n\nforeign(groups) if not "support" in groups'),
};

it('lets "not" stand before a bare rule, a path, and a call of variables, literals and what always has a value', async () => {
  const wanted = Object.fromEntries(Object.keys(allowed).map((name) => [name, []]));
  expect(await refusals(allowed)).toEqual(wanted);
});

it('refuses "not" before whatever holds a reference', async () => {
  const found = await refusals(refused, "import input as i");
  const missed = Object.entries(found).filter(([, checks]) => !checks.includes("negation"));
  expect(missed).toEqual([]);
});

it('refuses "not" before a variable whose value may be missing, in a rule that tightens', async () => {
  const missed = Object.entries(await refusals(behindNames)).filter(([, checks]) => !checks.includes("negation"));
  expect(missed).toEqual([]);
});

it("is silent for a lone agent behind each of these names: the danger is real", async () => {
  expect(await silentFor(behindNames)).toEqual(Object.keys(behindNames));
});

it("shows the author's own line with its condition in a rule of its own, which the checks then take", async () => {
  const written = Object.entries(refused).filter(([name]) => !["of_an_imported_path", "in_every", "in_a_comprehension"].includes(name));
  const mistakes = await mistakesIn(Object.fromEntries(written.map(([name, rules]) => moduleOf(name, rules))));
  const mended: Record<string, string> = {};
  for (const [name, rules] of written) {
    const told = mistakes.find(({ file, check }) => file === `policy/${name}.rego` && check === "negation");
    const line = /not [^\n]*/.exec(rules)?.[0] ?? "";
    const [use = "", ...helper] = told?.mended?.split("\n") ?? [];
    expect(line.startsWith("not ")).toBe(true);
    mended[name] = `${rules.replace(line, use)}\n${helper.join("\n")}`;
  }
  const still = Object.entries(await refusals(mended)).filter(([, checks]) => checks.includes("negation") || checks.includes("opa-strict"));
  expect(still).toEqual([]);
});

it("tells the line, what stands there, and what would have to be missing", async () => {
  const text = deny('path := input.tool.name\n\tnot startswith(\n\t\tpath, concat("", [input.user.id, "-"]),\n\t)');
  const [mistake] = await mistakesIn(Object.fromEntries([moduleOf("a", text)]));
  expect(mistake).toMatchObject({
    file: "policy/a.rego",
    line: 9,
    check: "negation",
    found: 'not startswith( path, concat("", [input.user.id, "-"]), )',
    remedy: expect.stringContaining("is missing"),
    mended: expect.stringMatching(/^not as_wanted\(path\)\n\nas_wanted\(path\) if startswith\(/),
  });
});
