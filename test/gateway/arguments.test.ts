import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { promptMistakes, variablesOf } from "../../src/gateway/arguments.ts";
import type { PromptTarget } from "../../src/gateway/targets/index.ts";

function prompt(...args: readonly { readonly name: string; readonly required?: boolean }[]) {
  return { prompt: { definition: { name: "p", arguments: args } } } as unknown as PromptTarget;
}

describe("the arguments of a prompt", () => {
  it("may be left out where nothing is required", () => {
    expect(promptMistakes(prompt({ name: "a" }, { name: "b", required: false }), {})).toEqual([]);
  });

  it("may not be there where the prompt declares none", () => {
    expect(promptMistakes({ prompt: { definition: { name: "p" } } } as unknown as PromptTarget, { a: "x" })).toHaveLength(1);
  });

  it("are taken from the message itself, not from what every object has", () => {
    expect(promptMistakes(prompt({ name: "toString", required: true }), {})).toEqual(['"toString" is missing']);
  });

  it("tells at most five mistakes", () => {
    expect(promptMistakes(prompt(), { a: "", b: "", c: "", d: "", e: "", f: "" })).toHaveLength(5);
  });

  it("pass exactly if all are declared texts and none that is required is missing", () => {
    const names = fc.constantFrom("a", "b", "c");
    const declared = fc.uniqueArray(fc.record({ name: names, required: fc.boolean() }), { selector: ({ name }) => name });
    const args = fc.dictionary(names, fc.oneof(fc.string(), fc.integer()));
    fc.assert(
      fc.property(declared, args, (list, given) => {
        const fits =
          list.every(({ name, required }) => !required || Object.hasOwn(given, name)) &&
          Object.entries(given).every(([name, value]) => typeof value === "string" && list.some((one) => one.name === name));
        expect(promptMistakes(prompt(...list), given).length === 0).toBe(fits);
      }),
    );
  });
});

describe("the variables of a template", () => {
  it.each([
    ["note://crm/{id}", ["id"]],
    ["x://{+path}{?q,page*}", ["path", "q", "page"]],
    ["x://{id:3}/{#frag}", ["id", "frag"]],
    ["x://plain", []],
  ])("of %s are %j", (uriTemplate, names) => {
    expect(variablesOf(uriTemplate)).toEqual(names);
  });
});
