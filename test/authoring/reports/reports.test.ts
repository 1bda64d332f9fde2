import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { everyCheck } from "../../../src/authoring/checks/index.ts";
import { reportFormats, writeReport } from "../../../src/authoring/reports/index.ts";
import type { Mistake } from "../../../src/core/mistakes.ts";

const negation: Mistake = {
  ...{ file: "policy/a.rego", path: "", line: 8, found: 'not "x" in input.user.groups', wanted: "a rule of its own" },
  ...{
    check: "negation",
    danger: "the rule is silent",
    remedy: 'silent where "input.user.groups" is missing',
    mended: "not staff\n\nstaff if true",
  },
};
const table: Mistake = { file: "catalog/servers.yaml", path: "servers.crm", line: 3, found: "null", wanted: "a table" };
const whole: Mistake = { file: "cases/a b.yaml", path: "", found: "no YAML", wanted: "YAML" };
const report = {
  folder: "policies",
  mistakes: [negation, table, whole],
  notes: ["server crm: something is left out"],
  summary: "2 packages and 3 golden cases checked",
};
const clean = { ...report, mistakes: [], notes: [] };

describe("a report as text", () => {
  it("tells mistakes file by file, then notes, and ends with a count", () => {
    const { out, err } = writeReport("text", report);
    expect(out).toBe("");
    expect(err.split("\n")).toEqual([
      "policy/a.rego has 1 mistake.",
      "",
      '  not "x" in input.user.groups',
      '    wanted  a rule of its own      silent where "input.user.groups" is missing',
      "    danger  the rule is silent",
      "    mended  not staff",
      "",
      "            staff if true",
      "    line 8   negation",
      "",
      "catalog/servers.yaml has 1 mistake.",
      "",
      "  servers.crm   null",
      "    wanted  a table",
      "    line 3",
      "",
      "cases/a b.yaml has 1 mistake.",
      "",
      "  no YAML",
      "    wanted  YAML",
      "",
      "note  server crm: something is left out",
      "",
      "2 packages and 3 golden cases checked: 3 mistakes in 3 files.",
    ]);
  });

  it("says on standard output that nothing is wrong", () => {
    expect(writeReport("text", clean)).toEqual({ out: "2 packages and 3 golden cases checked: no mistakes.", err: "" });
  });
});

it("a report as JSON is one object with every word of the mistakes", () => {
  expect(JSON.parse(writeReport("json", report).out)).toEqual({
    ok: false,
    mistakes: report.mistakes,
    notes: report.notes,
    summary: report.summary,
  });
  expect(JSON.parse(writeReport("json", clean).out)).toMatchObject({ ok: true, mistakes: [] });
});

describe("a report for GitHub", () => {
  it("annotates each line, by the path from the root of the repository", () => {
    const lines = writeReport("github", report).out.split("\n");
    expect(lines).toEqual([
      '::error file=policies/policy/a.rego,line=8,title=negation::not "x" in input.user.groups%0Awanted: a rule of its own%0Asilent where "input.user.groups" is missing%0Adanger: the rule is silent%0Amended:%0Anot staff%0A%0Astaff if true',
      "::error file=policies/catalog/servers.yaml,line=3,title=mistake::servers.crm: null%0Awanted: a table",
      "::error file=policies/cases/a b.yaml,title=mistake::no YAML%0Awanted: YAML",
      "::notice::server crm: something is left out",
      "2 packages and 3 golden cases checked: 3 mistakes.",
    ]);
  });

  it("lets no word of an author's file begin a command, end a property, or be read otherwise than it was written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (file, found) => {
        const odd: Mistake = { file, path: "", found: `${found}%0A\r\n::stop-commands::x`, wanted: "50%, or a:b", check: "a,b:c" };
        const { out } = writeReport("github", { ...clean, folder: ".", mistakes: [odd] });
        const [command = "", ...more] = out.split(/\r\n|\r|\n/);
        expect(more).toEqual(["2 packages and 3 golden cases checked: 1 mistake."]);
        const [, name, title, message] = /^::error file=([^,:]*),title=([^,:]*)::(.*)$/su.exec(command) ?? [];
        expect(decoded(name)).toBe(file);
        expect(decoded(title)).toBe("a,b:c");
        expect(decoded(message)).toBe(`${odd.found}\nwanted: 50%, or a:b`);
      }),
    );
  });
});

/** As the runner does it: the percent sign last. */
function decoded(text = ""): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%25", "%");
}

describe("a report as SARIF", () => {
  const log = (folder = "policies", mistakes: readonly Mistake[] = report.mistakes) =>
    JSON.parse(writeReport("sarif", { ...report, folder, mistakes, version: "1.2.3" }).out);

  it("has a rule for each check, with its words and the way to its section of the page", () => {
    const { driver } = log().runs[0].tool;
    expect(driver).toMatchObject({ name: "toolgate", version: "1.2.3" });
    expect(driver.rules.map((rule: { id: string }) => rule.id)).toEqual([...everyCheck.map(({ id }) => id), "mistake"]);
    for (const [at, check] of everyCheck.entries()) {
      expect(driver.rules[at]).toMatchObject({
        shortDescription: { text: check.title },
        fullDescription: { text: check.danger },
        help: { markdown: expect.stringContaining(check.example.right) },
      });
      expect(driver.rules[at].helpUri).toMatch(new RegExp(`^file:///.*/docs/policy/checks\\.md#${check.id}$`));
    }
  });

  it("points each result at its rule, its file and its line", () => {
    const { $schema, version, runs } = log();
    expect({ $schema, version }).toEqual({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0" });
    expect(runs[0].results.map((result: object) => ({ ...result, message: undefined }))).toEqual([
      { ...result("negation"), ...at("policies/policy/a.rego", 8) },
      { ...result("mistake"), ...at("policies/catalog/servers.yaml", 3) },
      { ...result("mistake"), ...at("policies/cases/a%20b.yaml") },
    ]);
    for (const { ruleId, ruleIndex } of runs[0].results) expect(runs[0].tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(runs[0].results[0].message.text).toContain("danger: the rule is silent");
    expect(runs[0].invocations).toEqual([
      { executionSuccessful: true, toolExecutionNotifications: [{ level: "note", message: { text: report.notes[0] } }] },
    ]);
  });

  it("names a folder outside of the working folder by its whole address, and the working folder by nothing", () => {
    const uri = (folder: string) => log(folder, [table]).runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri;
    expect(uri("/srv/the policies")).toBe("file:///srv/the%20policies/catalog/servers.yaml");
    expect([uri(""), uri("."), uri("./"), uri("./policies/")]).toEqual([
      "catalog/servers.yaml",
      "catalog/servers.yaml",
      "catalog/servers.yaml",
      "policies/catalog/servers.yaml",
    ]);
  });

  const index = (id: string) => [...everyCheck.map((check) => check.id), "mistake"].indexOf(id);
  const result = (ruleId: string) => ({ ruleId, ruleIndex: index(ruleId), level: "error", message: undefined });
  const at = (uri: string, line?: number) => ({
    locations: [{ physicalLocation: { artifactLocation: { uri }, ...(line !== undefined && { region: { startLine: line } }) } }],
  });
});

it.each(reportFormats)("a report as %s of nothing is written too", (format) => {
  expect(writeReport(format, clean).out).not.toBe("");
});
