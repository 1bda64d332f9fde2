import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLint } from "../../../src/authoring/lint/index.ts";
import { readServers } from "../../../src/authoring/tables/index.ts";

const root = join(import.meta.dirname, "../../..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "toolgate-lint-"));
  cpSync(join(root, "policies/catalog"), join(folder, "catalog"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function findingsOf(server: string): Promise<readonly string[]> {
  const [lint, servers] = [await openLint(folder), await readServers(folder)];
  if (!lint.ok || !servers.ok) throw new Error(JSON.stringify([lint, servers]));
  const pins = servers.value.get(server)?.pins;
  return pins === undefined ? [] : lint.value.lint(server, pins).findings.map(({ level, rule, item }) => `${level} ${rule} ${item}`);
}

test("the demo company's pins have no error", async () => {
  for (const server of ["crm", "files", "everything", "everything-http"])
    expect((await findingsOf(server)).filter((found) => found.startsWith("error"))).toEqual([]);
});

test("what lint.yaml requires, forbids and accepts counts, for one server or for all", async () => {
  const file = {
    version: 1,
    servers: { "*": { forbidden: ["refund"] }, crm: { required: ["get_customer", "close_customer"], accepted: [] } },
  };
  writeFileSync(join(folder, "lint.yaml"), JSON.stringify(file));
  const errors = (await findingsOf("crm")).filter((found) => found.startsWith("error"));
  expect(errors).toEqual(["error required-tool server crm", "error forbidden-tool tool refund"]);
  file.servers.crm.accepted = [{ rule: "forbidden-tool", item: "tool refund", why: "the desk needs it" }] as never[];
  writeFileSync(join(folder, "lint.yaml"), JSON.stringify(file));
  expect((await findingsOf("crm")).filter((found) => found.startsWith("error"))).toEqual(["error required-tool server crm"]);
});

test("every mistake of lint.yaml is told with its line and the nearest name", async () => {
  const text = [
    "version: 1",
    "servers:",
    "  crn: {}",
    "  crm:",
    "    acepted: []",
    "  files:",
    "    accepted:",
    "      - { rule: hiden-text, why: x }",
  ];
  writeFileSync(join(folder, "lint.yaml"), text.filter((line) => !/acepted| crm:/.test(line)).join("\n"));
  expect(await openLint(folder)).toMatchObject({
    error: [
      { file: "lint.yaml", line: 3, found: '"crn"', remedy: 'did you mean "crm"?' },
      { line: 6, found: '"hiden-text"', remedy: 'did you mean "hidden-text"?' },
    ],
  });
  writeFileSync(join(folder, "lint.yaml"), text.join("\n"));
  expect(await openLint(folder)).toMatchObject({ error: [{ line: 5, found: "unknown key", remedy: 'did you mean "accepted"?' }] });
  writeFileSync(join(folder, "lint.yaml"), "version: [");
  expect(await openLint(folder)).toMatchObject({ error: [{ file: "lint.yaml" }] });
});
