import { expect, test } from "vitest";
import { caseResult } from "../../../src/authoring/testing/case-results.ts";
import { mergeCoverage } from "../../../src/authoring/testing/coverage.ts";

const place = { file: "cases/a.yaml", line: 3 };
const golden = { name: "one", entrypoint: "toolgate/decide", input: "{}", want: { effect: "deny" } } as const;
const denied = { effect: "deny", known: true, reasons: [] };
const result = (answers: object, want: Readonly<Record<string, unknown>> = golden.want) =>
  caseResult({ golden: { ...golden, want }, place, ms: 1, ...answers }, 5000);

test("a case holds where both evaluators answer as wanted and alike", () => {
  expect(result({ opa: denied, production: denied })).toMatchObject({ outcome: "passed", failures: [], name: "one", ...place });
});

test("evaluators that differ outside of what is wanted disagree, which is a failure of its own kind", () => {
  const { failures } = result({ opa: { ...denied, reasons: [{ code: "a" }] }, production: denied });
  expect(failures).toEqual([
    { kind: "disagreement", text: "the two evaluators do not answer the same", differences: [{ path: "reasons[0]", opa: { code: "a" } }] },
  ]);
});

test("where they disagree each is held against what is wanted by itself", () => {
  const { failures } = result({ opa: { ...denied, effect: "allow" }, production: denied });
  expect(failures.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    "disagreement: the two evaluators do not answer the same",
    "wanted: OPA's own evaluator: not answered as wanted",
  ]);
});

test("an evaluation without an end is told with the evaluator that hangs", () => {
  expect(result({}).failures).toMatchObject([{ kind: "timeout", text: "the production evaluator did not end within 5 s" }]);
  expect(result({ production: denied }).failures).toMatchObject([{ kind: "timeout", text: "OPA's own evaluator did not end within 5 s" }]);
});

test("a want that is no member of the answer compares nothing, so it fails", () => {
  expect(result({ opa: denied, production: denied }, { efect: "deny" }).failures).toMatchObject([
    { kind: "wanted", text: "wants efect, but the members of this answer are effect, known, reasons" },
  ]);
});

test("a line is covered if a test or a case reached it, and stretches of others are told", () => {
  const range = (from: number, to = from) => ({ start: { row: from }, end: { row: to } });
  const tests = { files: { "policy/a.rego": { covered: [range(1)], not_covered: [range(3, 6), range(9)] } } };
  const cases = {
    files: {
      "policy/a.rego": { covered: [range(4)], not_covered: [range(1), range(9)] },
      "toolgate/x.rego": { covered: [], not_covered: [range(1)] },
    },
  };
  expect(mergeCoverage([tests, cases], ["policy/a.rego", "policy/b.rego"])).toEqual({
    percent: 33.3,
    files: [
      {
        file: "policy/a.rego",
        percent: 33.3,
        covered: 2,
        uncovered: [
          [3, 3],
          [5, 6],
          [9, 9],
        ],
      },
      { file: "policy/b.rego", percent: 100, covered: 0, uncovered: [] },
    ],
  });
});
