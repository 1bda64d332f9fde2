import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { capabilitiesFile, leftOut } from "../../src/authoring/capabilities.ts";
import { compileWasm, findOpa, gatherMistakes } from "../../src/authoring/index.ts";
import type { Mistake } from "../../src/core/mistakes.ts";
import { hostBuiltins } from "../../src/parts/policy/builtins/index.ts";
import { opaIsMissing } from "../parts/policy/opa.ts";
import { library } from "../parts/policy/policies.ts";
import { pagePath, pageText } from "./built-ins-page.ts";
import { callable, capabilitiesText, importedBuiltins, knownBuiltins } from "./write-capabilities.ts";

const written = readFileSync(capabilitiesFile, "utf8");
const offered = new Set<string>(JSON.parse(written).builtins.map(({ name }: { readonly name: string }) => name));

describe.skipIf(opaIsMissing)("policies/capabilities.json", () => {
  it("is what the script makes of this OPA, the module's own functions and the host's", async () => {
    expect(JSON.parse(await capabilitiesText())).toEqual(JSON.parse(written));
  });

  it("offers a built-in exactly if the module runs it or the host supplies it, and it is not left out", async () => {
    const imported = await importedBuiltins();
    const there = callable().filter(({ name }) => (hostBuiltins.has(name) || !imported.has(name)) && !Object.hasOwn(leftOut, name));
    expect(there.map(({ name }) => name).filter((name) => !offered.has(name))).toEqual([]);
    const names = new Set(there.map(({ name }) => name));
    expect([...offered].filter((name) => !names.has(name) && !name.startsWith("internal."))).toEqual([]);
    expect([...hostBuiltins.keys()].filter((name) => !imported.has(name))).toEqual([]);
  });

  it("leaves nothing out without a reason, and gives no reason for what is offered or unknown", () => {
    const known = knownBuiltins().map(({ name }) => name);
    expect(known.filter((name) => !offered.has(name) && !Object.hasOwn(leftOut, name) && !name.startsWith("internal."))).toEqual([]);
    expect(Object.keys(leftOut).filter((name) => offered.has(name) || !known.includes(name))).toEqual([]);
    expect([...hostBuiltins.keys()].filter((name) => Object.hasOwn(leftOut, name))).toEqual([]);
  });

  it("offers nothing that answers by chance, by the network or by the machine", () => {
    const impure = knownBuiltins().filter(({ name, nondeterministic }) => nondeterministic === true && offered.has(name));
    // Schemas cannot lead into the network here, and the time is the frozen one of the input.
    expect(impure.map(({ name }) => name)).toEqual(["json.match_schema", "json.verify_schema", "time.now_ns"]);
    expect(JSON.parse(written).allow_net).toEqual([]);
  });
});

describe.skipIf(opaIsMissing)("a policy that calls a built-in which is not offered", () => {
  async function mistakesOf(rego: string): Promise<readonly Mistake[]> {
    const opa = await findOpa({ env: process.env });
    if (!opa.ok) throw new Error(opa.error);
    const mistakes = gatherMistakes();
    const modules = { ...library({}), "policy/a.rego": rego };
    const files = new Map(Object.entries(modules).map(([path, text]) => [path, Buffer.from(text)]));
    await compileWasm(opa.value, files, mistakes);
    return mistakes.all;
  }

  it("is told all at once, each with file, line, reason and what to do instead", async () => {
    const rego = 'package policy.a\n\nx if http.send({"method": "get", "url": "http://x"})\n\ny if rand.intn("a", 2) == 1\n';
    expect(await mistakesOf(rego)).toEqual([
      {
        file: "policy/a.rego",
        path: "",
        line: 3,
        found: "the built-in http.send",
        wanted: "a built-in of docs/policy/built-ins.md",
        remedy: "it asks the network: put the data into custom.yaml or the tables",
      },
      {
        file: "policy/a.rego",
        path: "",
        line: 5,
        found: "the built-in rand.intn",
        wanted: "a built-in of docs/policy/built-ins.md",
        remedy: "it answers by chance: take what must be unique from the input, e.g. input.session.id",
      },
    ]);
  });

  it("is told with the reason for every one that is left out", async () => {
    const known = new Map(knownBuiltins().map((builtin) => [builtin.name, builtin]));
    const names = Object.keys(leftOut);
    const calls = names.map((name, index) => {
      const args = Array.from({ length: known.get(name)?.decl.args?.length ?? 0 }, (_, at) => `input.${"abcdef"[at]}`);
      return `r${index} if ${name}(${args.join(", ")})`;
    });
    const found = await mistakesOf(`package policy.a\n\n${calls.join("\n")}\n`);
    expect(found.map(({ line, found: what, remedy }) => ({ line, what, remedy }))).toEqual(
      names.map((name, index) => {
        const { reason, remedy } = leftOut[name] ?? { reason: "", remedy: "" };
        return { line: index + 3, what: `the built-in ${name}`, remedy: `${reason}: ${remedy}` };
      }),
    );
  });

  it("keeps OPA's own words for a function that no OPA knows", async () => {
    expect(await mistakesOf("package policy.a\n\nx if nosuch.thing(input.a)\n")).toEqual([
      {
        file: "policy/a.rego",
        path: "",
        line: 3,
        found: "undefined function nosuch.thing",
        wanted: "a policy that passes opa check",
      },
    ]);
  });
});

describe("docs/policy/built-ins.md", () => {
  it("says what the code says", () => {
    expect(readFileSync(pagePath, "utf8")).toBe(pageText());
  });
});
