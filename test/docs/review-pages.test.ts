import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { findOpa, readInvariants } from "../../src/authoring/index.ts";
import { root, run } from "../e2e/command.ts";

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), "toolgate-review-pages-"));
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  env = { ...process.env, TOOLGATE_OPA: opa.value.path };
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(root, "bin/toolgate.cjs"), join(folder, "node_modules/.bin/toolgate"));
  cpSync(join(root, "policies"), join(folder, "policies"), { recursive: true });
  cpSync(join(root, "bundles/demo.tar.gz"), join(folder, "release.tar.gz"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Blocks of a page in one language, in order. */
function blocks(page: string, language: string): readonly string[] {
  const text = readFileSync(join(root, "docs/how-to", `${page}.md`), "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, lang, block]) => (lang === language && block ? [block] : []));
}

const shell = (script: string) => run("bash", ["-c", script], { cwd: folder, env });

test("each invariant that prove-an-invariant.md shows is read, and tried on the demo", async () => {
  const [whole = "", one = ""] = blocks("prove-an-invariant", "yaml");
  for (const text of [whole, `version: 1\ninvariants:\n${one}`])
    expect(readInvariants("invariants.yaml", text)).toMatchObject({ ok: true });
  const [command = ""] = blocks("prove-an-invariant", "sh");
  const shipped = await shell(command);
  expect(shipped.code, shipped.out + shipped.err).toBe(0);
  writeFileSync(join(folder, "policies/invariants.yaml"), whole);
  const shown = await shell(command);
  // In the demo finance may pay through the agent of support too, and the counter-example says by which line.
  expect([shown.code, shown.out], shown.err).toEqual([1, expect.stringMatching(/^does not hold .*no agent outside finance pays$/m)]);
  expect(shown.out).toMatch(/permitted by permit "finance-refunds" of policy\.refunds {2}policies\/policy\/refunds\.rego:\d+/);
  expect(shown.out.match(/^(proven|sampled) /gm)).toHaveLength(2);
});

test("the commands of review-a-policy-change.md say what a change does, and fail where it does what was named", async () => {
  const [plain = "", guarded = "", ...more] = blocks("review-a-policy-change", "sh");
  expect(more).toEqual([]);
  const budgets = join(folder, "policies/catalog/budgets.yaml");
  const before = readFileSync(budgets, "utf8");
  const raised = before.replace(/(refunds-per-day:[\s\S]*?limit: )3\b/, "$110");
  expect(raised).not.toBe(before);
  writeFileSync(budgets, raised);
  const told = await shell(plain);
  expect([told.code, told.out], told.err).toEqual([0, expect.stringContaining("~ refunds-per-day (raised)  limit: 3 -> 10")]);
  const refused = await shell(guarded);
  expect([refused.code, refused.out], refused.err).toEqual([1, expect.stringContaining("budget-raised")]);
  writeFileSync(budgets, before);
});
