import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { capabilitiesFile } from "../../../../src/authoring/capabilities.ts";
import { hostBuiltins } from "../../../../src/parts/policy/builtins/index.ts";
import { opaIsMissing } from "../opa.ts";
import { disagreements, type Outcome, outcomes } from "./agreement.ts";
import { dataCases, netCases, uriCases } from "./data-cases.ts";
import { type Exception, hostExceptions, nativeExceptions } from "./exceptions.ts";
import { formatCases } from "./format-cases.ts";
import { nativeCases, signatures } from "./native-cases.ts";
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

  it("leave to the module what it answers as opa eval does, in generated cases of every one of its functions", async () => {
    const found = await outcomes([...new Set(nativeCases)]);
    // A function inside of the module that fails has no way to say so.
    const alike = ({ opa, ours }: Outcome) => opa === ours || (opa === "error" && ours === "undefined");
    expect(found.filter((one) => !alike(one))).toEqual([]);
    expect(found.length).toBeGreaterThan(1500);
  });

  it("are compared for every function that a policy may call", () => {
    const offered: readonly { readonly name: string }[] = JSON.parse(readFileSync(capabilitiesFile, "utf8")).builtins;
    const own = offered.map(({ name }) => name).filter((name) => !hostBuiltins.has(name) && !name.startsWith("internal."));
    // The first two are syntax, print is taken out, and walk goes through what it is given in an order of its own.
    expect(own.filter((name) => !Object.hasOwn(signatures, name))).toEqual(["assign", "eq", "print", "walk"]);
  });

  it("cannot help where the module's own functions differ, which a table tells", async () => {
    await check(nativeExceptions);
  });
});
