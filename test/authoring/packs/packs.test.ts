import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { buildBundle, type Failure, type Pack } from "../../../src/authoring/index.ts";
import { opa, tryOpa } from "../../policy/opa.ts";
import { needOpa, options } from "../bundle/tools.ts";
import { add, demoPolicies, freshPolicies, packOf, packs, targetsOf, tested } from "./repositories.ts";

const LONG = 240_000;

/**
 * What fails though no pack refuses it. A pack that is switched on refuses what the company's own cases allowed before:
 * that is what it is for. Its own cases, and every test, must pass.
 */
function unexplained(failed: readonly { readonly name: string; readonly failures: readonly Failure[] }[], added: readonly Pack[]) {
  return failed.filter(({ name, failures }) => {
    const own = added.some((pack) => pack.cases.includes(name.replace(/^everything(\.get-sum)?/, "")));
    return own || !added.some((pack) => JSON.stringify(failures).includes(`"code":"${pack.name}.`));
  });
}

describe.each(packs.map((pack) => ({ id: pack.id, pack })))("the pack $id", ({ id, pack }) => {
  const rules = pack.modules.get(`policy/${pack.name}.rego`) ?? "";
  const page = readFileSync(join(pack.folder, "README.md"), "utf8");

  test("stands in a folder of its name, with nothing that nobody copies", () => {
    expect(pack.folder.endsWith(`/${id}`)).toBe(true);
    expect(readdirSync(pack.folder).sort()).toEqual(["README.md", "cases", "pack.yaml", "policy", "tables"]);
    expect(readdirSync(join(pack.folder, "policy")).sort()).toEqual([`${pack.name}.rego`, `${pack.name}_test.rego`]);
    expect(rules).toContain(`\npackage policy.${pack.name}\n`);
  });

  test("passes its own tests, one of which is an honest call", () => {
    const { status, output } = tryOpa(["test", join(pack.folder, "policy")]);
    expect(status, output).toBe(0);
    expect(opa(["fmt", "--list", join(pack.folder, "policy")])).toBe("");
  });

  test("has a page that names each of its settings", () => {
    for (const section of ["What it stops", "Switch it on", "Settings", "What it does not do", "A refusal"])
      expect(page).toContain(`\n## ${section}\n`);
    for (const [table, text] of pack.tables) {
      const entries = Object.entries((parse(text) as Record<string, Record<string, object>>)[table] ?? {});
      const keys = entries.flatMap(([key, members]) => (table === "budgets" ? [key] : Object.keys(members)));
      expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
    }
  });

  test("tells a refusal on its page in the words of its rule", () => {
    const [, code = "", message = ""] = /\n([a-z_]+\.[a-z_]+) {2}(.*)\n/.exec(page) ?? [];
    if (code.startsWith("budget.")) return;
    const wanted =
      [...rules.matchAll(/"code": "([^"]*)",\n\t"message": "([^"]*)"/g)].find(([, one]) => one === code)?.[2] ?? "no such code";
    const pattern = wanted.replaceAll(/[.?()]/g, "\\$&").replaceAll(/\{[^}]*\}/g, ".+");
    expect(message).toMatch(new RegExp(`^${pattern}$`));
  });

  test("builds and passes in a new repository, off and on", { timeout: LONG }, async () => {
    const policies = await freshPolicies();
    await add(policies, pack);
    const off = await tested(policies);
    expect(off.failed).toEqual([]);
    expect(off.tests).toBeGreaterThan(5);
    await add(policies, pack, targetsOf(pack));
    const on = await tested(policies);
    expect(unexplained(on.failed, [pack])).toEqual([]);
    if (id !== "spend-ceiling") expect(on.cases.length).toBeGreaterThan(off.cases.length);
  });

  test("builds and passes beside the demo's policies", { timeout: LONG }, async () => {
    const policies = await demoPolicies();
    await add(policies, pack, targetsOf(pack));
    expect(unexplained((await tested(policies)).failed, [pack])).toEqual([]);
  });
});

test("all packs together pass, in a new repository and beside the demo's policies, on the main thread", { timeout: LONG }, async () => {
  for (const policies of [await freshPolicies(), await demoPolicies()]) {
    // Read-only would refuse what the other packs' cases change, as it should.
    for (const pack of packs) await add(policies, pack, pack.id === "read-only" ? [] : targetsOf(pack));
    expect(unexplained((await tested(policies)).failed, packs)).toEqual([]);
    const built = await buildBundle({ policiesDir: policies, opa: await needOpa(), ...options, environment: "dev" });
    expect(built.ok && built.value.worker).toEqual([]);
  }
});

test("the spend ceiling's own case holds where no other package obliges something", { timeout: LONG }, async () => {
  const { rmSync } = await import("node:fs");
  const policies = await freshPolicies();
  for (const file of ["policy/operations.rego", "policy/operations_test.rego", "cases/access.yaml"]) rmSync(join(policies, file));
  await add(policies, packOf("spend-ceiling"), ["everything"]);
  const run = await tested(policies);
  expect(run.failed).toEqual([]);
  expect(run.cases).toEqual(["everything: a payment is counted four times"]);
});

describe("the patterns of secrets-withheld", () => {
  const { patterns } = (
    parse(packOf("secrets-withheld").tables.get("custom") ?? "") as { custom: { secrets_withheld: { patterns: object } } }
  ).custom.secrets_withheld;
  // In pieces, so that no scanner takes them for secrets of this repository.
  const samples: Readonly<Record<string, string>> = {
    "aws-key": ["AKIA", "IOSFODNN7EXAMPLE"].join(""),
    "aws-secret": `aws_secret_access_key = ${"aB1/".repeat(10)}`,
    "azure-key": `DefaultEndpointsProtocol=https;AccountKey=${"ab12".repeat(12)}==`,
    "bearer-token": "Authorization: Bearer abcdefghijklmnop",
    "github-token": ["ghp", "a1".repeat(18)].join("_"),
    "gitlab-token": ["glpat", "a1b2c3d4e5f6g7h8i9j0"].join("-"),
    "google-key": ["AIza", "a".repeat(35)].join(""),
    "google-token": ["ya29", "a0AfH6SMBx1234567890abcdef"].join("."),
    "json-web-token": ["eyJhbGciOiJFUzI1NiJ9", "eyJzdWIiOiJhbm4ifQ", "c2ln"].join("."),
    "model-key": ["sk", "proj-abcdefghij0123456789"].join("-"),
    "password-in-json": '{\\"db_password\\": \\"hunter22\\"}',
    "password-in-text": "Server=db;User Id=app;Password=hunter22;",
    "password-in-url": "postgres://app:hunter2@db.internal/app",
    "private-key": "-----BEGIN RSA PRIVATE KEY-----",
    "slack-token": ["xoxb", "1234567890-abc"].join("-"),
    "stripe-key": ["sk", "live", "4eC39HqLyjWDarjtT1zdp7dc"].join("_"),
  };
  const honest = [
    "The bearer of this letter asked for basic information about passwords.",
    "https://example.com:8443/a/b?c=d@e#f",
    "mailto:jo@example.com, sha256:40ce9beb58000748039969745caff6ebfaabc8244e348a3b3ff1c195c27f6893",
    "Ask-the-desk risk-averse task-0123456789-0123456789",
    "-----BEGIN PUBLIC KEY-----",
    "password: see the handbook",
    "Set DB_PASSWORD=**** and PASSWORD=<yours> first",
    '{"password":"","password_hint":"as usual","secret":null}',
  ];
  const found = (text: string): readonly string[] => {
    const query = `[name | some name, pattern in ${JSON.stringify(patterns)}; regex.match(pattern, ${JSON.stringify(text)})]`;
    return JSON.parse(opa(["eval", "--strict-builtin-errors", "--format=raw", query])) as string[];
  };

  test("each finds what it is called after", () => {
    expect(Object.keys(samples).sort()).toEqual(Object.keys(patterns).sort());
    for (const [name, text] of Object.entries(samples)) expect(found(`before ${text} after`), name).toContain(name);
  });

  test("a password in a file of variables is found, though an underscore stands before its name", () => {
    expect(found(["HOST=db", "DB_PASSWORD=hunter22"].join("\n"))).toContain("password-in-text");
    expect(found('export PGPASSWORD="hunter22"')).toContain("password-in-text");
    expect(found("DB_PWD=hunter22")).toContain("password-in-text");
    // The working folder of a shell.
    expect(found("PWD=/home/ann\nOLDPWD=/srv/data")).toEqual([]);
  });

  test("none finds a secret in an honest text", () => {
    for (const text of honest) expect(found(text), text).toEqual([]);
  });
});
