import fc from "fast-check";
import { expect, test } from "vitest";
import { type TestResult, type TestRun, writeTestReport } from "../../../src/authoring/index.ts";

const paint = { red: (text: string) => text, green: (text: string) => text, dim: (text: string) => text, bold: (text: string) => text };

const passed: TestResult = {
  suite: "rego",
  name: "test_fine",
  file: "policy/a_test.rego",
  line: 3,
  ms: 2,
  outcome: "passed",
  failures: [],
};
const skipped: TestResult = { ...passed, name: "todo_test_x", outcome: "skipped" };
const failed: TestResult = {
  suite: "case",
  name: "a refund <too> much & more",
  file: "cases/a.yaml",
  line: 7,
  ms: 900,
  outcome: "failed",
  failures: [
    { kind: "wanted", text: "not answered as wanted", differences: [{ path: "reasons", found: { code: "a.b" } }] },
    {
      kind: "disagreement",
      text: "the two evaluators do not answer the same",
      differences: [{ path: "effect", opa: "deny", production: "allow" }],
    },
  ],
};
const hung: TestResult = {
  ...passed,
  name: "test_hang",
  outcome: "failed",
  failures: [{ kind: "timeout", text: "did not end", differences: [] }],
};
const coverage = {
  percent: 80.5,
  files: [
    {
      file: "policy/a.rego",
      percent: 80.5,
      covered: 9,
      uncovered: [
        [4, 4],
        [6, 8],
      ] as const,
    },
  ],
};
const run: TestRun = { results: [passed, failed, hung, skipped], coverage, notes: ["cases/a.yaml:1: a note"] };

const report = (format: Parameters<typeof writeTestReport>[0], of: TestRun = run, minCoverage?: number) =>
  writeTestReport(format, { run: of, folder: "./policies/", minCoverage }, paint);

test("a person reads failures with their values side by side, what was slow, what nothing reached, and the counts", () => {
  expect(report("text")).toBe(`failed  a refund <too> much & more   policies/cases/a.yaml:7
  not answered as wanted
    reasons
      wanted  nothing
      found   {"code":"a.b"}
  the two evaluators do not answer the same
    effect
      opa         "deny"
      production  "allow"

failed  test_hang   policies/policy/a_test.rego:3
  did not end

slow    900 ms  a refund <too> much & more   policies/cases/a.yaml:7

missed  policies/policy/a.rego  80.5 %, nothing reaches line 4, 6-8

note  cases/a.yaml:1: a note

3 tests and 1 golden case: 1 passed, 2 failed, 1 skipped; 80.5 % of the author's rules reached.`);
});

test("coverage below the minimum is a failure in each form", () => {
  const fine = { ...run, results: [passed] };
  expect(report("text", fine, 90)).toContain("tests and cases reach 80.5 % of the author's rules, wanted 90 %.");
  expect(JSON.parse(report("json", fine, 90))).toMatchObject({ ok: false, failed: 0, min_coverage: 90 });
  expect(JSON.parse(report("json", fine, 80))).toMatchObject({ ok: true });
  expect(report("github", fine, 90)).toContain("::error file=policies/policy/a.rego,line=4,title=coverage::");
  expect(parsed(report("junit", fine, 90)).flatMap(({ failures }) => failures)).toEqual([expect.stringContaining("80.5 %")]);
});

test("a script reads results and counts", () => {
  expect(JSON.parse(report("json"))).toMatchObject({
    ok: false,
    passed: 1,
    failed: 2,
    skipped: 1,
    coverage,
    results: [{}, { file: "cases/a.yaml" }, {}, {}],
  });
});

test("GitHub shows each failure beside its line, and no text of an author becomes a command", () => {
  const lines = report("github").split("\n");
  expect(lines.filter((line) => line.startsWith("::error"))).toEqual([
    '::error file=policies/cases/a.yaml,line=7,title=wanted%3A a refund <too> much & more::not answered as wanted%0Areasons:%0A  wanted nothing%0A  found {"code":"a.b"}',
    '::error file=policies/cases/a.yaml,line=7,title=disagreement%3A a refund <too> much & more::the two evaluators do not answer the same%0Aeffect:%0A  opa "deny"%0A  production "allow"',
    "::error file=policies/policy/a_test.rego,line=3,title=timeout%3A test_hang::did not end",
  ]);
  const evil = { ...run, results: [{ ...failed, name: "x\n::error::owned" }] };
  expect(
    report("github", evil)
      .split("\n")
      .filter((line) => line.startsWith("::error::")),
  ).toEqual([]);
});

test("a CI server reads the JUnit report back as it was meant", () => {
  const read = parsed(report("junit"));
  expect(read.map(({ name, file, skipped: left }) => [name, file, left])).toEqual([
    ["test_fine", "policies/policy/a_test.rego", false],
    ["test_hang", "policies/policy/a_test.rego", false],
    ["todo_test_x", "policies/policy/a_test.rego", true],
    ["a refund <too> much & more", "policies/cases/a.yaml", false],
  ]);
  expect(read[3]?.failures[0]).toBe('not answered as wanted\nreasons:\n  wanted nothing\n  found {"code":"a.b"}');
  expect(report("junit")).toContain('<testsuites name="toolgate policy test" tests="4" failures="1" errors="1" skipped="1"');
});

test("whatever a name holds, the JUnit report stays well-formed and gives it back", () => {
  const legal = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const xml = report("junit", { results: [{ ...failed, name }], notes: [] });
      expect(legal.test(xml)).toBe(true);
      const [back] = parsed(xml);
      if (legal.test(name)) expect(back?.name).toBe(name);
    }),
    { examples: [["two\nlines\tand \u0000"], ["two\nlines"]] },
  );
});

interface Testcase {
  readonly name: string;
  readonly file: string;
  readonly skipped: boolean;
  readonly failures: readonly string[];
}

/** A small strict reader of XML: elements that nest, quoted attributes, the five entities and character references. */
function parsed(xml: string): readonly Testcase[] {
  const open: string[] = [];
  const cases: { name: string; file: string; skipped: boolean; failures: string[] }[] = [];
  const body = xml.replace(/^<\?xml [^?]*\?>\n/, "");
  const token = /<(\/?)([a-z]+)((?: [a-z]+="[^"<>&]*(?:&[^"<>&]*)*")*)(\/?)>|([^<>]+)/gy;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const match = token.exec(body);
    if (match === null) throw new Error(`not well-formed at ${body.slice(at, at + 60)}`);
    const [, closing, tag = "", attributes = "", empty, text] = match;
    if (text !== undefined) {
      if (open.at(-1) === "failure" || open.at(-1) === "error") cases.at(-1)?.failures.push(unescaped(text));
      continue;
    }
    if (closing === "/") {
      if (open.pop() !== tag) throw new Error(`</${tag}> closes nothing`);
      continue;
    }
    // Readers of XML make a space of what is white in an attribute, unless it is written as a reference.
    const of = (name: string) => unescaped((new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? "").replace(/[\n\r\t]/g, " "));
    if (tag === "testcase") cases.push({ name: of("name"), file: of("file"), skipped: false, failures: [] });
    const current = cases.at(-1);
    if (tag === "skipped" && current) current.skipped = true;
    if (empty !== "/") open.push(tag);
  }
  if (open.length > 0) throw new Error(`<${open.join("><")}> is not closed`);
  return cases;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&([^;]*);/g, (_, name: string) => {
    if (name.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    const value = entities[name];
    if (value === undefined) throw new Error(`&${name}; is no entity`);
    return value;
  });
}
