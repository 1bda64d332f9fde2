import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { opaIsMissing } from "../../parts/policy/opa.ts";

const root = join(import.meta.dirname, "../../..");
const bundle = join(root, "bundles/demo.tar.gz");
const policies = join(root, "policies");

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function toolgate(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, "src/cli/main.ts"), "policy", ...args],
      { cwd: root, maxBuffer: 64 << 20 },
      (error, out, err) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
      },
    );
  });
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "diff-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, text: string) => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

describe("toolgate policy diff", { timeout: 120_000 }, () => {
  test("says that nothing changes between a bundle and itself, and needs no OPA for it", async () => {
    const { code, out } = await toolgate("diff", bundle, bundle, "--fail-on", "gain");
    expect([code, out]).toEqual([0, expect.stringContaining("Nothing changes")]);
  });

  test.skipIf(opaIsMissing)("fails on a gain with the effect that was named, with the rule and its line", async () => {
    const wider = join(folder, "wider");
    await cp(policies, wider, { recursive: true });
    const roles = await readFile(join(wider, "catalog/roles.yaml"), "utf8");
    await writeFile(join(wider, "catalog/roles.yaml"), roles.replace("everything/get-sum]", "everything/get-sum, crm/update_customer]"));
    const { code, out } = await toolgate(
      "diff",
      policies,
      wider,
      "--json",
      "--fail-on",
      "gain:write",
      "--fail-on",
      "gain:pay",
      "--fail-on",
      "loss",
    );
    const told = JSON.parse(out);
    expect([code, told.ok, told.failed.map(({ word }: { word: string }) => word)]).toEqual([1, false, ["gain:write"]]);
    const [gain] = told.changes.filter(({ aspect }: { aspect: string }) => aspect === "gain");
    expect(gain.because).toContainEqual({
      text: "role intern",
      place: { file: "catalog/roles.yaml", line: roles.split("\n").indexOf("  intern:") + 1 },
    });
    expect(told.holdings).toEqual([{ kind: "roles", id: "intern", change: "changed", details: ["grants: +crm.update_customer"] }]);
  });

  test("refuses a word that it does not know, what is not there, and what is no bundle", async () => {
    expect(await toolgate("diff", bundle, bundle, "--fail-on", "gian")).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "gain"?'),
    });
    expect((await toolgate("diff", bundle, bundle, "--at", "noon")).code).toBe(2);
    expect((await toolgate("diff", bundle, join(folder, "none"))).code).toBe(69);
    expect((await toolgate("diff", bundle, join(root, "README.md"))).code).toBe(65);
  });
});

describe("toolgate policy prove", { timeout: 120_000 }, () => {
  const one = (body: string) => `version: 1\ninvariants:\n  - { name: one, ${body} }\n`;

  test("says by its exit code what holds, what does not, and what is wrong with the file", async () => {
    const holding = await file("holds.yaml", one("users: { has_none_of: finance }, targets: { id: crm.export_customers }, never: reach"));
    expect(await toolgate("prove", bundle, holding)).toMatchObject({ code: 0, out: expect.stringContaining("proven") });
    const failing = await file("fails.yaml", one("targets: { effects: pay }, never: reach"));
    const { code, out } = await toolgate("prove", bundle, failing, "--at", "2026-03-03T11:00:00Z");
    expect(code).toBe(1);
    expect(out).toContain('permitted by permit "finance-refunds" of policy.refunds  policy/refunds.rego:');
    const misspelt = await file("misspelt.yaml", one("agents: { team: finanse }, never: reach"));
    expect(await toolgate("prove", bundle, misspelt)).toMatchObject({ code: 65, err: expect.stringContaining('did you mean "finance"?') });
    const wrong = await file("wrong.yaml", one("never: reech"));
    expect(await toolgate("prove", bundle, wrong)).toMatchObject({ code: 65, err: expect.stringContaining("line 3") });
    expect(await toolgate("prove", bundle, join(folder, "none.yaml"))).toMatchObject({
      code: 69,
      err: expect.stringContaining("none.yaml"),
    });
  });

  test("prints one JSON object with the whole input of each counter-example", async () => {
    const failing = await file("fails.yaml", one("targets: { effects: pay }, never: reach"));
    const { code, out } = await toolgate("prove", bundle, failing, "--json");
    const { ok, verdicts } = JSON.parse(out);
    const [example] = verdicts[0].counter_examples;
    expect([code, ok, example.reproduced.input.phase, example.reproduced.case.call]).toEqual([1, false, "call", "crm.refund"]);
  });
});
