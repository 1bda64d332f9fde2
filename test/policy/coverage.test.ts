import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isReasonCode } from "../../src/core/reasons.ts";
import { oddSources } from "./odd-company.ts";
import { demoSources, type GoldenCase, library } from "./policy-sources.ts";

function codesIn(text: string): readonly string[] {
  return [...text.matchAll(/"code": "([^"]+)"/g)].map(([, code]) => code ?? "");
}

function wantedBy(cases: readonly GoldenCase[]): ReadonlySet<string> {
  return new Set(codesIn(JSON.stringify(cases.map(({ want }) => want)).replaceAll('":', '": ')));
}

const librarySources = readdirSync(library)
  .filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"))
  .map((name) => readFileSync(join(library, name), "utf8"));
const libraryCodes = [...new Set(librarySources.flatMap(codesIn))].sort();

test("each reason code of the library is listed in the table of reasons and in its README", () => {
  const readme = readFileSync(join(library, "README.md"), "utf8");
  expect(libraryCodes.length).toBeGreaterThan(6);
  expect(libraryCodes.filter((code) => !isReasonCode(code))).toEqual([]);
  expect(libraryCodes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
});

test("each reason code of the library is wanted by a golden case", () => {
  const wanted = wantedBy([...demoSources().cases, ...oddSources().cases]);
  expect(libraryCodes.filter((code) => !wanted.has(code))).toEqual([]);
});

test("each denial, obligation, redaction and mask of the demo company is wanted by a golden case", () => {
  const { modules, cases } = demoSources();
  const wanted = JSON.stringify(cases.map(({ want }) => want));
  for (const [file, text] of Object.entries(modules)) {
    const named = [...text.matchAll(/"(?:code|id|type|path)": "([^"]+)"/g)].map(([, name]) => `"${name}"`);
    expect({ file, missing: named.filter((name) => !wanted.includes(name)) }).toEqual({ file, missing: [] });
  }
});
