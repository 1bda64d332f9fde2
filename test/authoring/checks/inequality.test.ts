import { expect, it } from "vitest";
import { mistakesIn, moduleOf, refusals } from "./checked.ts";
import { silentFor } from "./evaluated.ts";

const element: Readonly<Record<string, string>> = {
  permit: '{"id": "a"}',
  deny: '{"code": "a.b"}',
  constrain: '{"code": "a.b"}',
  oblige: '{"type": "log", "level": "warn"}',
  redact: '{"path": "/a"}',
  withhold: '{"code": "a.b"}',
  mask: '{"path": "/a"}',
};
const rule = (name: string, body: string, more = "") => `${name} contains ${element[name]} if {\n\t${body}\n}\n\n${more}`;

const refused: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["deny", "constrain", "oblige", "redact", "withhold", "mask"].map((name) => [name, rule(name, "input.user.id != input.agent.owner")]),
  ),
  against_a_literal: rule("deny", 'input.user.id != "ann"'),
  optional_member: rule("deny", 'input.agent.surface != "ide"'),
  in_a_helper: rule("deny", "foreign", "foreign if input.agent.team != input.agent.environment"),
  in_a_function: rule("deny", "foreign(input.agent.environment)", "foreign(x) if input.agent.team != x"),
  below_not_in_a_permit: rule("permit", "not foreign", "foreign if input.agent.team != input.agent.environment"),
  function_below_two_nots: rule("deny", "not b", "b if not c(1)\n\nc(x) if input.user.id != x"),
  value_of_a_function_below_not: rule("deny", "x := c(1)\n\tnot x", "c(x) if input.user.id != x"),
  member_of_a_variable: rule("deny", 'user := input.user\n\tuser.email != "a@b"'),
  by_a_variable: rule("deny", 'some key in ["email"]\n\tinput.user[key] != "a@b"'),
  unknown_data: rule("deny", "input.agent.id != data.custom.nobody"),
  rule_without_default: rule("deny", "input.agent.id != owner", "owner := input.user.id"),
  function_without_default: rule("deny", 'name(input.agent.id) != "x"', 'name(id) := id if startswith(id, "a")'),
  inside_a_call: rule("deny", 'lower(input.user.email) != "a@b"'),
  inside_a_comprehension: rule("deny", 'count([1 | input.user.email != "a@b"]) == 1'),
  inside_a_comprehension_of_a_permit: rule("permit", 'count([1 | input.user.email != "a@b"]) == 0'),
  by_a_name: rule("deny", 'team := input.agent.team\n\tteam != "support"'),
  by_a_name_of_a_name: rule("deny", 'agent := input.agent\n\tteam := agent.team\n\tteam != "support"'),
  by_unification: rule("deny", 'team = input.agent.team\n\tteam != "support"'),
  by_an_element: rule("deny", 'some team in [input.agent.team]\n\tteam != "support"'),
  by_a_parameter: rule("deny", "other(input.agent.team)", 'other(team) if team != "support"'),
  by_a_parameter_of_a_parameter: rule("deny", "other(input.agent.team)", 'other(a) if others(a)\n\nothers(b) if b != "support"'),
  by_a_member_of_a_parameter: rule("deny", "other(input.agent)", 'other(agent) if agent.team != "support"'),
  as_a_value: rule("deny", 'other := input.user.id != "ann"\n\tother'),
};

const allowed: Readonly<Record<string, string>> = {
  always_there: rule("deny", "input.agent.environment != input.environment"),
  tool: rule("constrain", 'input.tool.id != "crm.refund"'),
  variables: rule("deny", 'id := input.agent.id\n\tid != "ann"'),
  a_user_whom_the_rule_asks_for: rule("deny", 'input.user\n\tinput.user.id != "ann"'),
  a_user_of_a_group: rule("deny", '"contractors" in input.user.groups\n\tinput.user.id != "ann"'),
  a_user_by_kind: rule("deny", 'input.principal.kind == "user_via_agent"\n\tinput.user.id != "ann"'),
  facts_of_the_catalog: rule("deny", 'input.tool.risk != "low"'),
  facts_of_the_server: rule("deny", "input.server.environment != input.environment"),
  member_of_a_rule_that_is_written_out: rule("deny", "input.agent.id != bots.ours", 'bots := {"ours": "support-bot"}'),
  argument_by_a_variable: rule("constrain", 'args := input.args\n\targs.ticket != "T-1"'),
  argument_of_a_function: rule("constrain", "odd(input.args)", 'odd(args) if args.ticket != "T-1"'),
  look_up_for_whom_is_listed: rule("deny", "switch := data.custom.suspended_clients[input.agent.id]\n\tswitch != false"),
  known_data: rule("deny", "input.agent.id != data.settings.timezone"),
  rule_with_a_default: rule("deny", "input.agent.id != owner", 'default owner := ""\n\nowner := input.user.id'),
  in_a_permit: rule("permit", "input.user.id != input.agent.owner"),
  below_not_in_a_deny: rule("deny", "not mine", "mine if input.user.id != input.agent.owner"),
  function_below_not_in_a_deny: rule("deny", "id := input.agent.id\n\tnot mine(id)", "mine(id) if input.agent.owner != id"),
  function_below_two_nots: rule("permit", "not b", "b if not c(1)\n\nc(x) if input.user.id != x"),
  mended: rule("deny", "not same", "same if input.user.id == input.agent.owner"),
};

it('refuses "!=" where what is missing would make a rule silent that tightens', async () => {
  const missed = Object.entries(await refusals(refused)).filter(([, checks]) => !checks.includes("inequality"));
  expect(missed).toEqual([]);
});

it('lets "!=" stand where both are always there, or where silence tightens', async () => {
  const found = Object.entries(await refusals(allowed)).filter(([, checks]) => checks.includes("inequality"));
  expect(found).toEqual([]);
});

it("is silent for a lone agent through names and parameters: the danger is real", async () => {
  const ways = Object.fromEntries(Object.entries(refused).filter(([name]) => name.startsWith("by_a")));
  expect(await silentFor(ways)).toEqual(Object.keys(ways));
});

it("shows the rule that holds where both are equal, and which operand may be missing", async () => {
  const [mistake] = await mistakesIn(Object.fromEntries([moduleOf("a", rule("deny", 'some role in ["x"]\n\tinput.agent.team != role'))]));
  expect(mistake).toMatchObject({
    found: "input.agent.team != role",
    remedy: 'silent where "input.agent.team" is missing',
    mended: "not as_wanted(role)\n\nas_wanted(role) if input.agent.team == role",
  });
});
