import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readInvariants } from "../../../src/authoring/index.ts";

const policies = join(import.meta.dirname, "../../../policies");
const schema = JSON.parse(readFileSync(join(policies, "schemas/invariants.schema.json"), "utf8"));
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true });
const fits = ajv.compile(schema);

const one = (body: string) => `version: 1\ninvariants: [{ name: one, ${body} }]`;

const samples: readonly (readonly [text: string, taken: boolean])[] = [
  [readFileSync(join(policies, "invariants.yaml"), "utf8"), true],
  [one("never: reach"), true],
  [one("never: reach, because: a reason, allow_empty: true"), true],
  [one("agents: { id: [a, b-*], not: { team: x } }, users: { has: a, has_none_of: [b], has_all: [c] }, may: reach"), true],
  [one("users: any, only: { effects: { any: read, only: [read, write] }, risk_at_least: high }"), true],
  [one("always: { approval: finance }"), true],
  [one("always: closed, outside: 'mon-fri 08-18; sat 09:30-12,13-14'"), true],
  [one("never: reach, during: 'sat,sun'"), true],
  ["invariants: []", false],
  ["version: 1\ninvariants: []", false],
  ["version: 2\ninvariants: [{ name: a, never: reach }]", false],
  [one("never: reach, may: reach"), false],
  [one("because: nothing"), false],
  [one("never: know"), false],
  [one("agents: {}, never: reach"), false],
  [one("agents: { not: {} }, never: reach"), false],
  [one("agents: { teams: x }, never: reach"), false],
  [one("users: everybody, never: reach"), false],
  [one("targets: { effects: [fly] }, never: reach"), false],
  [one("targets: { effects: [] }, never: reach"), false],
  [one("always: { budget: a, approval: b }"), false],
  [one("always: ask, during: 08-18"), false],
  [one("never: reach, during: 08-18, outside: sat"), false],
  [one("never: reach, during: by the moon"), false],
  [one("never: reach, allow_empty: false"), false],
];

describe("the schema that editors use and the command", () => {
  it.each(samples)("agree on %j", (text, taken) => {
    expect({ schema: fits(parse(text)), command: readInvariants("invariants.yaml", text).ok }).toEqual({ schema: taken, command: taken });
  });
});
