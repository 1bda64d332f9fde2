import { expect, it } from "vitest";
import { mistakesIn, moduleOf, refusals } from "./checked.ts";
import { silentFor } from "./evaluated.ts";

const deny = (body: string, more = "") => `deny contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.refund"\n\t${body}\n}\n\n${more}`;

/** What each reader takes for a denial of whoever has little, and what says nothing where there is nothing. */
const refused: Readonly<Record<string, string>> = {
  less: deny("input.user.auth.time < 1767769200"),
  at_most: deny("input.user.auth.time <= 1767769200"),
  more_than_it: deny("1767769200 > input.user.auth.time"),
  difference: deny("input.time.ns / 1000000000 - input.user.auth.time > 3600"),
  count_of_nothing: deny("count(input.user.groups) == 0"),
  count_below: deny("count(input.user.groups) < 1"),
  every: deny('every group in input.user.groups {\n\t\tgroup != "support"\n\t}'),
  every_by_a_name: deny('groups := input.user.groups\n\tevery group in groups {\n\t\tgroup != "support"\n\t}'),
  is_null: deny("is_null(input.user.email)"),
  empty_text: deny('input.user.email == ""'),
  annotation: deny("input.tool.annotations.readOnlyHint == false"),
  false_of_a_membership: deny('("support" in input.user.groups) == false'),
  false_of_a_builtin: deny('startswith(input.user.id, "staff-") == false'),
  false_by_a_name: deny('staff := startswith(input.user.id, "staff-")\n\tstaff == false'),
  false_as_an_operand: deny('startswith(input.user.id, "staff-", false)'),
  false_as_an_operand_of_a_function: deny("staff(input.user.id, false)", 'staff(id) := startswith(id, "staff-")'),
  rule_without_default: deny(
    "level < 2",
    'level := 2 if "support" in input.user.groups\n\nelse := 1 if "contractors" in input.user.groups',
  ),
  function_without_default: deny("level(input.user.groups) < 2", 'level(groups) := 2 if "support" in groups'),
  limit_of_some: deny("3 > limits[input.agent.team]", 'limits := {"sales": 3}'),
  by_a_parameter: deny("old(input.user.auth.time)", "old(time) if time < 1767769200"),
  member_of_a_parameter: deny("old(input.user)", "old(user) if user.auth.time < 1767769200"),
  row_without_the_member: deny("some row in data.settings.questions\n\trow.most < 5"),
  loosening_below_not: 'permit contains {"id": "a", "for": "both"} if not old\n\nold if input.user.auth.time < 1767769200',
};

const allowed: Readonly<Record<string, string>> = {
  mended: deny("not just_now", "just_now if input.user.auth.time >= 1767769200"),
  with_a_value: deny('object.get(input, ["user", "auth", "time"], 0) < 1767769200'),
  more: deny("input.user.auth.time > 1767769200"),
  many: deny("count(input.user.groups) > 20"),
  always_there: deny("input.time.hour < data.settings.office_hours.from"),
  by_names: deny("hours := data.settings.office_hours\n\tinput.time.hour < hours.from"),
  every_effect: deny('every effect in input.tool.effects {\n\t\teffect != "read"\n\t}'),
  idempotent: deny("input.tool.idempotent == false"),
  mutual_tls: deny("input.network.mtls == false"),
  comprehension: deny('count({group | some group in input.user.groups; group == "support"}) == 0'),
  rule_with_default: deny("level < 2", 'default level := 0\n\nlevel := 2 if "support" in input.user.groups'),
  user_whom_the_rule_asks_for: deny("input.user.auth.time\n\tinput.user.auth.time < 1767769200"),
  limit_that_is_written_out: deny("input.time.hour < limits.refund", 'limits := {"refund": 8}'),
  argument: `constrain contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.refund"\n\tinput.args.amount < 1\n}`,
  argument_by_a_name: `constrain contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.refund"\n\targs := input.args\n\targs.amount < 1\n}`,
  in_a_permit: 'permit contains {"id": "a"} if input.user.auth.time < 1767769200',
};

it("refuses a test for less, for nothing or one by one, of what may be missing, in a rule that tightens", async () => {
  const missed = Object.entries(await refusals(refused)).filter(([, checks]) => !checks.includes("absence"));
  expect(missed).toEqual([]);
});

it("lets it stand where a value is always there, where silence tightens, and where the rule asks for it", async () => {
  const found = Object.entries(await refusals(allowed)).filter(([, checks]) => checks.includes("absence"));
  expect(found).toEqual([]);
});

it("tells the line, what stands there, and what may be missing", async () => {
  const [mistake] = await mistakesIn(Object.fromEntries([moduleOf("a", refused.every_by_a_name ?? "")]));
  expect(mistake).toMatchObject({
    line: 9,
    check: "absence",
    found: "every … in groups",
    remedy: 'silent where "input.user.groups" is missing',
  });
});

it("shows the author's own line turned round in a rule of its own, which the checks then take", async () => {
  const [less] = await mistakesIn(Object.fromEntries([moduleOf("a", refused.less ?? "")]));
  const [use = "", , helper = ""] = less?.mended?.split("\n") ?? [];
  expect([use, helper]).toEqual(["not as_wanted", "as_wanted if input.user.auth.time >= 1767769200"]);
  const mended = deny(use, helper);
  expect(await refusals({ mended })).toEqual({ mended: [] });
  expect(await silentFor({ mended })).toEqual([]);
});

it("lets a lone agent through: the danger is real", async () => {
  // A role permits it anyway, so what a permit opens is not seen here.
  const { loosening_below_not: _, ...denials } = refused;
  expect(await silentFor(denials)).toEqual(Object.keys(denials));
});
