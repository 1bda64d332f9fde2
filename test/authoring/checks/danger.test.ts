import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { everyCheck } from "../../../src/authoring/checks/index.ts";
import { builtinLeftOut, opaStrict, unknownInput } from "../../../src/authoring/checks/opa-check.ts";
import { reachChecks } from "../../../src/authoring/checks/reach/index.ts";
import { readMetadata } from "../../../src/authoring/checks/shape/index.ts";
import { gatherMistakes } from "../../../src/authoring/mistakes.ts";
import { parseModules } from "../../../src/authoring/rego/index.ts";
import type { Decision } from "../../../src/core/decision.ts";
import type { Mistake } from "../../../src/core/mistakes.ts";
import { lightLoad, type Policy } from "../../../src/parts/policy/index.ts";
import { policyOf, productLibrary, refundCall } from "../../parts/policy/policies.ts";
import { inFolder, mistakesIn, needOpa } from "./checked.ts";

/** A caller for whom an honest reader of the wrong example expects its denial. */
interface Proof {
  readonly input: Readonly<Record<string, unknown>>;
}

const alone = { principal: { kind: "agent" }, user: undefined };
const early = { time: { ...refundCall.time, hour: 3 } };
const resource = { tool: undefined, resource: { id: "crm.docs", entry: "docs", uri: "crm://docs", pinned: true, data_classes: [] } };

/** One for each check whose wrong example fails open. */
const proofs: Readonly<Record<string, Proof>> = {
  "package-name": { input: early },
  "metadata-missing": { input: early },
  "metadata-key": { input: { ...early, ...resource } },
  "metadata-value": { input: early },
  "head-form": { input: early },
  "head-dotted": { input: early },
  "head-literal": { input: { ...early, ...alone } },
  unreached: { input: early },
  negation: { input: alone },
  inequality: { input: refundCall },
  absence: { input: refundCall },
  pattern: { input: { args: { ticket: "T-1", customer: "C-1", amount: 5000 } } },
  "partial-builtin": { input: { args: { amount: "a million" } } },
  with: { input: refundCall },
  "unknown-input": { input: refundCall },
  "opa-strict": { input: refundCall },
  "file-left-out": { input: early },
  "base-data": { input: { client: { name: "leaky-ide" } } },
};

/** Refused although nothing is lost in an evaluation: what the words mean is lost on readers and on the other checks; no gateway takes it. */
const withoutProof = ["keywords", "built-in-left-out"];

/** What is told of files by their names, not of what stands in them. */
const ofFiles = ["base-data", "file-left-out"];

/** Those of what a rule reads have their proofs beside their own tests. */
const own = everyCheck.filter(({ id }) => Object.hasOwn(proofs, id));

const packageOf = (id: string, side: string) => `${id.replaceAll("-", "_")}_${side}`;

/** The example as a package of its own name, whatever stands before and behind that name. */
function renamed(text: string, name: string): string {
  return text.replace("package policy.example", `package policy.${name}`);
}

const sides = own.flatMap((check) => (["wrong", "right"] as const).map((side) => ({ check, side, name: packageOf(check.id, side) })));

let policy: Policy;

beforeAll(async () => {
  const texts = Object.fromEntries(sides.map(({ check, side, name }) => [`policy/${name}.rego`, renamed(check.example[side], name)]));
  const opa = await needOpa();
  const modules = await inFolder(texts, (folder) => parseModules(opa, folder, Object.keys(texts), gatherMistakes()));
  // As the build reads them: a package is asked about the servers and kinds that its METADATA says.
  const facts = modules.map((module) => ({
    name: module.file.slice("policy/".length, -".rego".length),
    ...readMetadata([module], undefined),
  }));
  const served = facts.filter((one) => one.facts?.servers.includes("crm")).map(({ name }) => name);
  const grants = Object.fromEntries(sides.map(({ name }) => [name, { refund: true }]));
  const resources = Object.fromEntries(sides.map(({ name }) => [name, { docs: true }]));
  const data = {
    roles: { support: { grants, resources } },
    index: Object.fromEntries(sides.map(({ name }) => [name, served.filter((one) => one === name)])),
    index_kinds: Object.fromEntries(facts.map(({ name, facts: read }) => [name, read?.kinds ?? []])),
    settings: {},
    custom: { suspended_clients: ["leaky-ide"] },
  };
  // What the build leaves out is not there to be asked.
  const { "policy/file_left_out_wrong.rego": _, ...packed } = texts;
  policy = await policyOf({ ...productLibrary({}), ...packed }, { data: JSON.stringify(data) });
});
afterAll(() => policy.close());

async function decide(name: string, changes: Readonly<Record<string, unknown>>): Promise<Decision> {
  const input = { ...refundCall, ...changes, server: { ...refundCall.server, id: name } };
  return policy.decide(JSON.stringify(input), lightLoad);
}

const wantedCode = (text: string): string => /"code": "([^"]+)"/.exec(text)?.[1] ?? "";

describe("the danger is real:", () => {
  it.each(own.map((check) => [check.id, check] as const))(
    "what %s refuses says nothing where its denial is due, and mended it denies",
    async (id, check) => {
      const input = proofs[id]?.input ?? {};
      const code = wantedCode(check.example.right);
      const wrong = await decide(packageOf(id, "wrong"), input);
      const right = await decide(packageOf(id, "right"), input);
      expect(code).not.toBe("");
      expect(wrong.reasons.map((reason) => reason.code)).not.toContain(code);
      expect(right).toMatchObject({ effect: "deny", reasons: [{ code }] });
      // A head that the library cannot fold denies everything instead; every other wrong example lets the call through.
      if (id === "head-form")
        expect(await decide(packageOf(id, "wrong"), {})).toMatchObject({ reasons: [{ code: "policy.invalid_rule" }] });
      else expect(wrong).toMatchObject({ effect: "allow", reasons: [] });
    },
  );

  it("no gateway takes a bundle that calls a built-in which is left out", async () => {
    const { wrong, right } = builtinLeftOut.example;
    const data = { data: JSON.stringify({ roles: {}, index: {}, index_kinds: {}, settings: {}, custom: {} }) };
    await expect(policyOf({ ...productLibrary({}), "policy/example.rego": wrong }, data)).rejects.toThrow("opa.runtime");
    await (await policyOf({ ...productLibrary({}), "policy/example.rego": right }, data)).close();
  });

  it("every check has its proof, here or with what a rule reads", () => {
    const reach = reachChecks.map(({ id }) => id);
    const others = everyCheck.filter(({ id }) => !Object.hasOwn(proofs, id) && !withoutProof.includes(id) && !reach.includes(id));
    expect(Object.keys(proofs).filter((id) => !everyCheck.some((check) => check.id === id))).toEqual([]);
    expect(others.map(({ id }) => id)).toEqual([]);
  });
});

describe("the examples of the table", () => {
  const listed = everyCheck.filter(({ id }) => Object.hasOwn(proofs, id) || withoutProof.includes(id));
  const perFile = (side: "wrong" | "right") =>
    Object.fromEntries(
      listed.map(({ id, example }) => [`policy/${packageOf(id, side)}.rego`, renamed(example[side], packageOf(id, side))]),
    );

  it("are refused by the check that they stand with, each with its danger, its line and a mended form", async () => {
    // OPA's own check is not asked where a file is no package, and stops at words that it does not know.
    const alone = ["policy/package_name_wrong.rego", "policy/keywords_wrong.rego"];
    const texts = Object.entries(perFile("wrong"));
    const runs = [texts.filter(([file]) => !alone.includes(file)), ...alone.map((file) => texts.filter(([other]) => other === file))];
    const mistakes: Mistake[] = [];
    for (const run of runs) mistakes.push(...(await mistakesIn(Object.fromEntries(run))));
    for (const { id } of listed) {
      const told = mistakes.filter(({ file }) => file === `policy/${packageOf(id, "wrong")}.rego`);
      const checks = told.map(({ check }) => check);
      if (!ofFiles.includes(id)) expect({ id, checks }).toEqual({ id, checks: expect.arrayContaining([id]) });
      expect(told.filter(({ danger, line }) => danger === undefined || line === undefined)).toEqual([]);
      expect(
        told.filter(
          ({ check, mended, example }) =>
            ![unknownInput, opaStrict, builtinLeftOut].some(({ id: other }) => other === check) && (mended ?? example) === undefined,
        ),
      ).toEqual([]);
    }
  });

  it("are taken when they are mended", async () => {
    expect(await mistakesIn(perFile("right"))).toEqual([]);
  });
});
