import { expect, it } from "vitest";
import { refusals } from "./checked.ts";
import { silentFor } from "./evaluated.ts";

const constrain = (body: string, more = "") =>
  `constrain contains {"code": "a.b"} if {\n\tinput.tool.id == "crm.refund"\n\t${body}\n}\n\n${more}`;

/** Each means to refuse a refund of 5000 with the ticket T-500-x. */
const refused: Readonly<Record<string, string>> = {
  object: constrain('{"amount": amount} = input.args\n\tamount > 1000'),
  object_by_a_name: constrain('args := input.args\n\t{"amount": amount} = args\n\tamount > 1000'),
  parameter: constrain("args := input.args\n\tlarge(args)", 'large({"amount": amount}) if amount > 1000'),
  parts_of_a_text: constrain('[kind, _] = split(input.args.ticket, "-")\n\tkind == "T"'),
  groups_of_a_user: constrain('input.args.amount > 1000\n\t[group] = input.user.groups\n\tgroup == "support"'),
};

const allowed: Readonly<Record<string, string>> = {
  clock: constrain("[hour, _, _] := time.clock(input.time.ns)\n\thour < input.args.amount"),
  written_out: constrain("[amount, _] := [input.args.amount, 1]\n\tamount > 1000"),
  own_function: constrain("[kind, _] := parts\n\tkind == input.args.ticket", 'parts := ["T", 1]'),
  walk: constrain('walk(input.args, [_, value])\n\tvalue == "x"'),
  part_by_number: constrain('split(input.args.ticket, "-")[0] == "T"'),
};

it("refuses a pattern for what has as many members as the caller likes", async () => {
  const missed = Object.entries(await refusals(refused)).filter(([, checks]) => !checks.includes("pattern"));
  expect(missed).toEqual([]);
});

it("lets a pattern stand for what always has as many members", async () => {
  const found = Object.entries(await refusals(allowed)).filter(([, checks]) => checks.includes("pattern"));
  expect(found).toEqual([]);
});

it("is silent where there is one member more: the danger is real", async () => {
  const more = {
    args: { ticket: "T-500-x", customer: "C-1", amount: 5000 },
    user: { id: "ann", groups: ["support", "x"], roles: ["support"] },
  };
  expect(await silentFor(refused, more)).toEqual(Object.keys(refused));
});
