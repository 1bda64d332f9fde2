import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Opa } from "../../../src/authoring/index.ts";
import { type TestRun, testPolicies } from "../../../src/authoring/index.ts";
import { needOpa, packageText, policiesWith } from "../bundle/tools.ts";

let opa: Opa;
const folders: string[] = [];
beforeAll(async () => {
  opa = await needOpa();
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function tested(files: Readonly<Record<string, string>>, more: { run?: RegExp; coverage?: boolean; timeoutMs?: number } = {}) {
  const folder = await policiesWith({ "cases/refunds.yaml": "cases: []\n", ...files });
  folders.push(folder);
  return testPolicies(folder, { opa, coverage: false, timeoutMs: 5_000, ...more });
}

async function runOf(...args: Parameters<typeof tested>): Promise<TestRun> {
  const run = await tested(...args);
  if (!run.ok) throw new Error(JSON.stringify(run.error));
  return run.value;
}

const ann = "as: { agent: bot, user: ann, groups: [support] }";
const failed = ({ results }: TestRun) => results.filter(({ outcome }) => outcome === "failed");

describe("a golden case", () => {
  test("that does not hold is told with its place and each value that differs", async () => {
    const cases = `cases:\n  - { name: right, ${ann}, call: crm.refund, args: { amount: 10 }, want: allow }\n  - { name: wrong, ${ann}, call: crm.refund, args: { amount: 2000 }, want: allow }\n`;
    const run = await runOf({ "cases/a.yaml": cases });
    expect(run.results.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      "test_support_may passed",
      "right passed",
      "wrong failed",
    ]);
    expect(failed(run)).toMatchObject([
      {
        suite: "case",
        file: "cases/a.yaml",
        line: 3,
        failures: [
          {
            kind: "wanted",
            differences: [
              { path: "effect", wanted: "allow", found: "deny" },
              { path: "reasons", found: { code: "refunds.too_much", rule: "refunds", message: "At most 1000, ann." } },
            ],
          },
        ],
      },
    ]);
  });

  test("whose rule loops fails by its name, and the others are judged all the same", async () => {
    const loop = packageText(
      "loops",
      `deny contains {"code": "loops.found"} if {\n\tsome a in input.user.groups\n\tsome b in input.user.groups\n\tsome c in input.user.groups\n\tsome d in input.user.groups\n\tconcat("", [a, b, c, d]) == "nobody"\n}`,
    );
    const list = `[${Array.from({ length: 150 }, (_, at) => `g${at}`).join(", ")}]`;
    const whole = (name: string, groups: string) =>
      `  - { name: ${name}, entrypoint: decide, input: { phase: call, principal: { kind: user_via_agent }, server: { id: crm, status: approved }, tool: { id: crm.refund, name: refund }, user: { id: ann, groups: ${groups} } }, want: { effect: deny } }\n`;
    const run = await runOf(
      { "policy/loops.rego": loop, "cases/a.yaml": `cases:\n${whole("hangs", list)}${whole("ends", "[g1]")}` },
      { timeoutMs: 300 },
    );
    expect(failed(run).map(({ name, failures }) => [name, failures[0]?.kind])).toEqual([["hangs", "timeout"]]);
    expect(run.results.filter(({ suite, outcome }) => suite === "case" && outcome === "passed")).toHaveLength(1);
  });

  test("in which a built-in fails is denied by both evaluators, in lists item by item", async () => {
    const strict = packageText(
      "strict",
      'default when(_) := 0\n\nwhen(text) := time.parse_rfc3339_ns(text)\n\ndeny contains {"code": "strict.late"} if {\n\tinput.tool.id == "crm.refund"\n\twhen(input.server.owner) > 0\n}',
    );
    const whole = (name: string, entrypoint: string, rest: string, want: string) =>
      `  - { name: ${name}, entrypoint: ${entrypoint}, input: { phase: x, principal: { kind: user_via_agent }, user: { id: ann, groups: [support], roles: [desk] }, agent: { id: bot, roles: [desk], environment: test }, ${rest} }, want: ${want} }\n`;
    const server = (owner: string) =>
      `server: { id: crm, status: approved, environment: test, owner: ${owner} }, tool: { id: crm.refund, name: refund, pinned: true }`;
    const cases = `cases:\n${whole("call", "decide", server("ann"), "{ effect: deny, reasons: [policy.builtin_error] }")}${whole(
      "list",
      "discover",
      `items: [{ ${server("ann")} }, { ${server('"1970-01-01T00:00:00Z"')} }]`,
      "{ visible: [1] }",
    )}`;
    const run = await runOf({ "policy/strict.rego": strict, "cases/a.yaml": cases });
    expect(failed(run)).toEqual([]);
    expect(run.results.filter(({ suite }) => suite === "case")).toHaveLength(2);
  });
});

test("a built-in of WebAssembly that takes a wrong type for no answer is found by OPA, and told as a disagreement", async () => {
  const quiet = packageText(
    "quiet",
    'deny contains {"code": "quiet.owner"} if {\n\tinput.tool.id == "crm.refund"\n\tcontains(input.server.owner, "x")\n}',
  );
  const input =
    "{ phase: call, principal: { kind: user_via_agent }, server: { id: crm, owner: 7 }, tool: { id: crm.refund, name: refund } }";
  const cases = `cases:\n  - { name: odd, entrypoint: decide, input: ${input}, want: { effect: deny } }\n`;
  const [odd] = failed(await runOf({ "policy/quiet.rego": quiet, "cases/a.yaml": cases }));
  expect(odd?.failures).toMatchObject([{ kind: "disagreement" }]);
  expect(odd?.failures[0]?.differences[0]).toMatchObject({ path: "reasons[0].code", opa: "policy.builtin_error" });
});

describe("a test of the author", () => {
  const tests = (text: string) => ({ "policy/more_test.rego": `package policy.more_test\n\nimport data.policy.refunds\n\n${text}\n` });

  test("sees the product library and the data of the tables", async () => {
    const run = await runOf(
      tests(
        'test_data if {\n\tdata.settings.timezone == "Europe/Berlin"\n\tdata.roles.desk\n\tdata.toolgate.decide.effect == "deny" with input as {}\n}',
      ),
    );
    expect(failed(run)).toEqual([]);
    expect(run.results.map(({ name }) => name)).toContain("test_data");
  });

  test("that does not hold is told with file, line and what it printed", async () => {
    const run = await runOf(tests('test_wrong if {\n\tprint("seen", 1)\n\tcount(refunds.permit) == 7\n}\n\ntodo_test_later if true'));
    expect(failed(run)).toMatchObject([
      {
        suite: "rego",
        name: "test_wrong",
        file: "policy/more_test.rego",
        line: 5,
        failures: [{ kind: "failed", text: expect.stringContaining("does not hold") }],
      },
    ]);
    expect(run.results.find(({ name }) => name === "todo_test_later")?.outcome).toBe("skipped");
  });

  test("that hangs is a failing test with its name, and the others run", async () => {
    const hang =
      "test_a_hang if {\n\tsome i in numbers.range(1, 100000)\n\tsome j in numbers.range(1, 100000)\n\ti + j == 900000000\n}\n\ntest_fine if true";
    const run = await runOf(tests(hang), { timeoutMs: 300 });
    expect(failed(run)).toMatchObject([{ name: "test_a_hang", failures: [{ kind: "timeout", text: "did not end within 0.3 s" }] }]);
    expect(run.results.map(({ name }) => name)).toContain("test_fine");
  });

  test("that OPA cannot read or compile is a mistake with its line", async () => {
    const unread = await tested(tests("test_x if {"));
    expect(unread).toMatchObject({
      ok: false,
      error: { kind: "mistakes", mistakes: [{ file: "policy/more_test.rego", line: expect.any(Number) }] },
    });
    const unsafe = await tested(tests("test_x if x == y"));
    expect(unsafe).toMatchObject({ ok: false, error: { kind: "mistakes", mistakes: [{ file: "policy/more_test.rego", line: 5 }, {}] } });
  });
});

describe("coverage", () => {
  const cases = `cases:\n  - { name: much, ${ann}, call: crm.refund, args: { amount: 2000 }, want: closed }\n`;

  test("joins what tests and cases reach, and tells what neither does", async () => {
    const never = packageText(
      "never",
      'deny contains {"code": "never.told"} if {\n\tinput.user.id == "nobody"\n\tinput.server.owner == "nobody"\n}',
    );
    const run = await runOf({ "cases/a.yaml": cases, "policy/never.rego": never }, { coverage: true });
    expect(run.coverage?.files).toEqual([
      { file: "policy/admission.rego", percent: 100, covered: 1, uncovered: [] },
      { file: "policy/never.rego", percent: 0, covered: 0, uncovered: [[6, 8]] },
      { file: "policy/refunds.rego", percent: 100, covered: expect.any(Number), uncovered: [] },
    ]);
    expect(run.coverage?.percent).toBeLessThan(100);
  });

  test("counts nothing of a test that fails", async () => {
    const wrong =
      'package policy.refunds_test\n\nimport data.policy.refunds\n\ntest_wrong if {\n\tcount(refunds.permit) == 7 with input as {"user": {"groups": ["support"]}, "tool": {"id": "crm.refund"}}\n}\n';
    const run = await runOf({ "policy/refunds_test.rego": wrong }, { coverage: true });
    expect(run.coverage?.percent).toBe(0);
  });
});

test("a pattern selects tests and cases by their names", async () => {
  const cases = `cases:\n  - { name: much money, ${ann}, call: crm.refund, args: { amount: 2000 }, want: closed }\n`;
  expect((await runOf({ "cases/a.yaml": cases }, { run: /much/ })).results.map(({ name }) => name)).toEqual(["much money"]);
  expect((await runOf({ "cases/a.yaml": cases }, { run: /support/ })).results.map(({ name }) => name)).toEqual(["test_support_may"]);
  expect((await runOf({ "cases/a.yaml": cases }, { run: /neither/ })).results).toEqual([]);
});

test("mistakes in tables, rules and cases come before any test", async () => {
  const run = await tested({ "cases/a.yaml": `cases:\n  - { name: a, ${ann}, call: crm.refnd, want: allow }\n` });
  expect(run).toMatchObject({ ok: false, error: { kind: "mistakes", mistakes: [{ file: "cases/a.yaml", line: 2 }] } });
});
