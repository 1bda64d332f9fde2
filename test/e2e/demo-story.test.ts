import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildBundle, findOpa, generateKeyPair, type Opa, signBundle } from "../../src/authoring/index.ts";
import { pinOf, type ToolDefinition } from "../../src/core/tool.ts";
import { root, toolgate } from "./command.ts";

let opa: Opa;
let folder: string;

beforeAll(async () => {
  const found = await findOpa({ env: process.env });
  if (!found.ok) throw new Error(found.error);
  opa = found.value;
  folder = await mkdtemp(join(tmpdir(), "toolgate-story-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Alteration = (policies: string) => Promise<void>;

/** A demo bundle from altered sources, and a keyring that also accepts the prebuilt bundle which the story activates later. */
async function alteredBundle(name: string, alter: Alteration): Promise<readonly string[]> {
  const policies = join(folder, name);
  await cp(join(root, "policies"), policies, { recursive: true });
  await alter(policies);
  const built = await buildBundle({
    policiesDir: policies,
    opa,
    name: "demo",
    environment: "demo",
    expires: "2036-01-01T00:00:00Z",
    revision: name,
    sequence: 1,
  });
  if (!built.ok) throw new Error(JSON.stringify(built.error, undefined, 2));
  const { privateKey, publicKey } = generateKeyPair("ES256");
  const signed = await signBundle(built.value.bytes, { privateKey, kid: "altered", algorithm: "ES256" });
  if (!signed.ok) throw new Error(signed.error);
  const keyring = JSON.parse(await readFile(join(root, "bundles/keyring.json"), "utf8")) as { keys: Record<string, object> };
  keyring.keys.altered = { algorithm: "ES256", public_key: publicKey, owner: "this test" };
  const [file, ring] = [join(folder, `${name}.tar.gz`), join(folder, `${name}.keyring.json`)];
  await writeFile(file, signed.value);
  await writeFile(ring, JSON.stringify(keyring));
  return ["--bundle", file, "--keyring", ring];
}

async function replaceIn(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, "utf8");
  if (!text.includes(from)) throw new Error(`found no "${from}" in ${file}`);
  await writeFile(file, text.replaceAll(from, to));
}

/** Golden cases hold what the sources say, so a rule and its cases change together; here the cases are not what is tried. */
async function withoutCases(policies: string): Promise<void> {
  await rm(join(policies, "cases"), { recursive: true });
}

const alterations: Readonly<Record<string, { readonly alter: Alteration; readonly step: string; readonly differs: RegExp }>> = {
  rule: {
    async alter(policies) {
      await withoutCases(policies);
      await replaceIn(join(policies, "policy/refunds.rego"), "input.args.amount > 1000", "input.args.amount > 2000");
    },
    step: "argument-rule",
    // Outside office hours another rule refuses this amount.
    differs: /crm\.refund: found (allow|deny refunds\.outside_hours), wanted deny refunds\.too_much/,
  },
  pin: {
    async alter(policies) {
      await withoutCases(policies);
      const file = join(policies, "catalog/pins/crm.json");
      const pins = JSON.parse(await readFile(file, "utf8")) as {
        era: "session";
        tools: Record<string, { pin: string; definition: ToolDefinition }>;
      };
      const approved = pins.tools.get_customer;
      if (!approved) throw new Error("found no pin of get_customer");
      const definition = { ...approved.definition, description: "Gets one customer, and nothing else." };
      pins.tools.get_customer = { pin: pinOf(definition, pins.era), definition };
      await writeFile(file, JSON.stringify(pins));
    },
    step: "allowed",
    differs: /crm\.get_customer: found deny tool\.drifted, wanted allow/,
  },
  limit: {
    async alter(policies) {
      await withoutCases(policies);
      await replaceIn(join(policies, "catalog/budgets.yaml"), "limit: 3\n", "limit: 5\n");
    },
    step: "budget",
    differs: /crm\.refund: found allow, wanted deny budget\.exhausted/,
  },
};

describe("toolgate demo story", () => {
  test("goes as told on the prebuilt bundles, in 80 columns", async () => {
    const { code, out, err } = await toolgate(["demo", "story"]);
    expect(err).toBe("");
    expect(out).toContain("Everything went as told, and the crm and the log agree.");
    expect(out.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(out.match(/^ ?\d+ {2}\S/gm)).toHaveLength(12);
    expect(code).toBe(0);
  }, 60_000);

  test.each(Object.entries(alterations))(
    "names the one step that differs when a %s was changed",
    async (name, { alter, step, differs }) => {
      const { code, out, err } = await toolgate(["demo", "story", ...(await alteredBundle(name, alter))]);
      expect(err, out).toBe(`\nNot as told: ${step}\n`);
      expect(out.match(/differs/g)).toHaveLength(1);
      expect(out.replace(/\s+/g, " ")).toMatch(differs);
      expect(code).toBe(1);
    },
    90_000,
  );

  test("wants bundle and keyring together", async () => {
    const { code, err } = await toolgate(["demo", "story", "--bundle", "x.tar.gz"]);
    expect(code).toBe(2);
    expect(err).toContain("--bundle and --keyring belong together");
  });
});
