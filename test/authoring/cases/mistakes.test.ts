import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { goldenCases } from "../../../src/authoring/cases/index.ts";
import { gatherMistakes } from "../../../src/authoring/index.ts";
import type { Mistake } from "../../../src/core/mistakes.ts";
import { callers, demo, written } from "./written-cases.ts";

const told = ({ file, line, path, found, wanted, remedy }: Mistake) =>
  `${file}:${line} ${path}: ${found} | ${wanted}${remedy === undefined ? "" : ` | ${remedy}`}`;
const mistakesOf = async (lines: string) =>
  (await written(`${callers}cases:\n  - name: one\n${lines.replace(/^/gm, "    ")}\n`)).mistakes.map(told);

describe("a mistake in a short case is told with its line and what to do", () => {
  const mistakes: readonly (readonly [what: string, lines: string, wanted: string | RegExp])[] = [
    [
      "a tool that is gone",
      "as: ann\ncall: crm.refunds\nwant: allow",
      'cases/a.yaml:7 cases[0].call: "crm.refunds" | a tool of the catalog, as server.name | did you mean "crm.refund"?',
    ],
    [
      "a tool of a server that is gone",
      "as: ann\ncall: crn.refund\nwant: allow",
      'cases/a.yaml:7 cases[0].call: "crn.refund", of a server that is not in the catalog | a tool of the catalog, as server.name | did you mean "crm"?',
    ],
    [
      "a prompt that is gone",
      "as: ann\nprompt: everything.simple-promt\nwant: allow",
      /^cases\/a\.yaml:7 cases\[0\]\.prompt: .*did you mean "everything\.simple-prompt"\?$/,
    ],
    [
      "a resource that nobody catalogued",
      'as: ann\nread: "demo://elsewhere/x"\nwant: allow',
      /^cases\/a\.yaml:7 cases\[0\]\.read: .*catalog\/resources\.yaml$/,
    ],
    ["what is no URI", "as: ann\nread: here\nwant: allow", /cases\[0\]\.read: "here" \| a URI$/],
    [
      "a server without a door",
      "as: ann\nconnect: crn\nwant: allow",
      /^cases\/a\.yaml:7 cases\[0\]\.connect: "crn" \| true, or the id of a server: one of /,
    ],
    [
      "an agent that is gone",
      "as: { agent: suport-bot, user: ann }\ncall: crm.refund\nwant: allow",
      'cases/a.yaml:6 cases[0].as: the agent "suport-bot" | an agent in catalog/agents.yaml | did you mean "support-bot"?',
    ],
    [
      "a group that is gone",
      "as: { agent: support-bot, user: ann, groups: [suport] }\ncall: crm.refund\nwant: allow",
      'cases/a.yaml:6 cases[0].as: the group "suport" | a group in catalog/groups.yaml | did you mean "support"?',
    ],
    [
      "groups without a user",
      "as: { agent: reporter, groups: [support] }\ncall: crm.refund\nwant: allow",
      /groups without a user \| the user who is in them$/,
    ],
    [
      "a caller without a name",
      "as: an\ncall: crm.refund\nwant: allow",
      'cases/a.yaml:6 cases[0].as: "an" | one of ann, bob | did you mean "ann"?',
    ],
    [
      "a caller that no token could bring",
      "as: { agent: legacy-bot, user: ann }\ncall: crm.refund\nwant: allow",
      /the agent "legacy-bot" is suspended/,
    ],
    ["an agent that may not act alone", "as: { agent: support-bot }\ncall: crm.refund\nwant: allow", /may not act as "agent"/],
    [
      "two things that are asked",
      "as: ann\ncall: crm.refund\nconnect: true\nwant: allow",
      "cases/a.yaml:8 cases[0].connect: call and connect | exactly one of call, read, prompt, list, connect",
    ],
    [
      "nothing that is asked",
      "as: ann\nwant: allow",
      "cases/a.yaml:5 cases[0]: nothing that is asked | exactly one of call, read, prompt, list, connect",
    ],
    [
      "arguments of a list",
      "as: ann\nlist: all\nargs: {}\nwant: none",
      "cases/a.yaml:8 cases[0].args: args with list | args with one of call, prompt",
    ],
    ["a misspelt member", "as: ann\ncal: crm.refund\nwant: allow", /cases\[0\]\.cal: unknown key .* did you mean "call"\?/],
    [
      "a word that is none",
      "as: ann\ncall: crm.refund\nwant: alow",
      'cases/a.yaml:8 cases[0].want: "alow" | one of allow, ask, deny, closed, unknown, or a table of what is wanted | did you mean "allow"?',
    ],
    [
      "a misspelt want",
      "as: ann\ncall: crm.refund\nwant: { efect: deny }",
      /cases\[0\]\.want\.efect: unknown key .* did you mean "effect"\?/,
    ],
    ["a want of another verb", "as: ann\ncall: crm.refund\nwant: { visible: [] }", /cases\[0\]\.want\.visible: unknown key/],
    ["a want of nothing", "as: ann\ncall: crm.refund\nwant: {}", /cases\[0\]\.want: an empty table/],
    [
      "what is shown and not listed",
      "as: ann\nlist: [crm.refund]\nwant: { visible: [crm.get_customer] }",
      'cases/a.yaml:8 cases[0].want.visible[0]: "crm.get_customer" | one of those in the list of this case',
    ],
    [
      "a list of two kinds",
      "as: ann\nlist: [crm.refund, everything.simple-prompt]\nwant: none",
      "cases/a.yaml:7 cases[0].list: tool and prompt | a list of one kind, as clients ask for it",
    ],
    [
      "a list of what is gone",
      "as: ann\nlist: [crm.refund, crm.refnd]\nwant: none",
      /^cases\/a\.yaml:7 cases\[0\]\.list\[1\]: .*did you mean "crm\.refund"\?$/,
    ],
    [
      "a time that is none",
      "as: ann\nat: noon\ncall: crm.refund\nwant: allow",
      /cases\[0\]\.at: "noon" \| a time such as 2026-01-07T09:00:00Z/,
    ],
  ];
  test.each(mistakes)("%s", async (_, lines, wanted) => {
    const found = await mistakesOf(lines);
    expect(found).toEqual([typeof wanted === "string" ? wanted : expect.stringMatching(wanted)]);
  });
});

test("all mistakes of a file are told at once, and the sound cases are kept", async () => {
  const { cases, mistakes } = await written(`${callers}cases:
  - { name: a, as: ann, call: crm.gone, want: allow }
  - { name: b, as: ann, call: crm.refund, want: deny }
  - { name: c, as: nobody, call: crm.refund, want: allow }
  - { name: b, as: ann, call: crm.refund, want: deny }
`);
  expect(mistakes.map(({ line, found }) => `${line} ${found}`).sort()).toEqual(['5 "crm.gone"', '7 "nobody"', '8 the case "b" again']);
  expect(cases.map(({ name }) => name)).toEqual(["b", "b"]);
});

test("a whole case that lets a tool through which is gone is a mistake; one that is refused stays a proof", async () => {
  const whole = (name: string, want: string) =>
    `{ name: ${name}, entrypoint: decide, input: { phase: call, server: { id: crm }, tool: { id: crm.refnd, name: refnd } }, want: ${want} }`;
  const { cases, mistakes } = await written(`cases:\n  - ${whole("a", "{ effect: allow }")}\n  - ${whole("b", "{ effect: deny }")}\n`);
  expect(mistakes.map(told)).toEqual([
    'cases/a.yaml:2 cases[0].input.tool.id: "crm.refnd" | a tool of crm in catalog/tools.yaml | did you mean "refund"?',
  ]);
  expect(cases).toHaveLength(2);
});

test("a mistake in the head of a file, in YAML, or in a caller has its line", async () => {
  expect((await written("cases: [\n")).mistakes[0]).toMatchObject({ file: "cases/a.yaml" });
  expect((await written("at: soon\ncases: []\n")).mistakes.map(told)).toEqual([expect.stringMatching(/^cases\/a\.yaml:1 at: "soon"/)]);
  expect((await written("callers:\n  ann: { agnet: x }\ncases: []\n")).mistakes.map(told)).toEqual([
    expect.stringMatching(/callers\.ann\.agent: missing/),
    expect.stringMatching(/^cases\/a\.yaml:2 callers\.ann\.agnet: unknown key .* did you mean "agent"\?/),
  ]);
});

test("without sound tables only the words of short cases are judged", async () => {
  const mistakes = gatherMistakes();
  const { cases } = await goldenCases(demo, undefined, {}, mistakes);
  expect(mistakes.all).toEqual([]);
  expect(cases.length).toBeGreaterThan(50);
  expect(cases.some(({ file }) => file === "cases/refunds.yaml")).toBe(false);
});

test("an editor that holds a file against the schema sees the same mistakes of form", () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
  formats.default(ajv);
  const fits = ajv.compile(JSON.parse(readFileSync(join(demo, "schemas/cases.schema.json"), "utf8")));
  const valid = (one: string) => fits({ cases: [parse(one)] });
  expect(valid("{ name: a, as: ann, call: crm.refund, at: 2026-01-07T09:00:00Z, want: allow }")).toBe(true);
  expect(valid("{ name: a, as: { agent: bot }, list: all, want: { visible: [a.b] } }")).toBe(true);
  expect(valid("{ name: a, entrypoint: decide, input: {}, want: { effect: deny } }")).toBe(true);
  const wrong = [
    "{ name: a, as: ann, call: crm.refund, connect: true, want: allow }",
    "{ name: a, as: ann, want: allow }",
    "{ name: a, call: crm.refund, want: allow }",
    "{ name: a, as: ann, cal: crm.refund, call: crm.refund, want: allow }",
    "{ name: a, as: ann, call: crm.refund, want: alow }",
    "{ name: a, as: ann, call: crm.refund, want: { efect: deny } }",
    "{ name: a, as: ann, call: crm.refund, at: noon, want: allow }",
    "{ name: a, entrypoint: judge, input: {}, want: { effect: deny } }",
  ];
  for (const one of wrong) expect({ one, fits: valid(one) }).toEqual({ one, fits: false });
});
