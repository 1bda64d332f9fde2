import { describe, expect, it } from "vitest";
import { opaIsMissing } from "../opa.ts";
import { disagreements, outcomes } from "./agreement.ts";
import { dataCases, netCases, uriCases } from "./data-cases.ts";
import { type Exception, hostExceptions, nativeExceptions } from "./exceptions.ts";
import { formatCases } from "./format-cases.ts";
import { regexCases } from "./regex-cases.ts";
import { schemaCases } from "./schema-cases.ts";
import { timeCases } from "./time-cases.ts";
import { tokenCases } from "./token-cases.ts";

const groups: readonly (readonly [string, readonly string[]])[] = [
  ["texts as Go formats them", formatCases],
  ["times, zones and layouts", timeCases],
  ["regular expressions and globs", regexCases],
  ["patches, graphs and identifiers", dataCases],
  ["networks", netCases],
  ["schemas", schemaCases],
  ["references", uriCases],
  ["tokens", tokenCases],
];

const kindOf = (outcome: string): string => {
  if (outcome === "error" || outcome === "undefined") return outcome;
  return outcome.startsWith("[") ? "value" : "refused";
};

describe.skipIf(opaIsMissing)("host built-ins, against opa eval", () => {
  it.each(groups)("answer and raise exactly alike: %s", async (_what, expressions) => {
    expect(await disagreements([...new Set(expressions)])).toEqual([]);
  });

  it("are compared in more than two thousand cases", () => {
    expect(new Set(groups.flatMap(([, expressions]) => expressions)).size).toBeGreaterThan(2000);
  });

  async function check(exceptions: readonly Exception[]): Promise<void> {
    const found = await outcomes(exceptions.map(({ expression }) => expression));
    expect(found.filter(({ opa, ours }) => opa === ours).map(({ expression }) => expression)).toEqual([]);
    expect(found.map(({ expression, opa, ours }) => ({ expression, opa: kindOf(opa), ours: kindOf(ours) }))).toEqual(
      exceptions.map(({ expression, opa, ours }) => ({ expression, opa, ours })),
    );
  }

  it("differ only where a table says why, and then by an error of ours", async () => {
    await check(hostExceptions);
    expect(hostExceptions.filter(({ ours }) => ours !== "error")).toEqual([]);
  });

  it("cannot help where the module's own functions differ, which a table tells", async () => {
    await check(nativeExceptions);
  });
});
