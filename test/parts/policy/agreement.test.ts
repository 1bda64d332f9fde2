import { loadPolicy } from "@open-policy-agent/opa-wasm";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { compilePolicy } from "../../../src/parts/policy/compiled-policy.ts";
import { Evaluator } from "../../../src/parts/policy/evaluator.ts";
import { entrypoints } from "../../../src/parts/policy/index.ts";
import { importedPages } from "../../../src/parts/policy/wasm-memory.ts";
import { buildModule, opaIsMissing } from "./opa.ts";
import { library, limits, productData, productLibrary, refundCall } from "./policies.ts";

describe.skipIf(opaIsMissing)("our evaluator and the npm package", () => {
  let ours: Evaluator;
  let theirs: Awaited<ReturnType<typeof loadPolicy>>;
  let echo: Evaluator;

  async function evaluatorOf(wasm: Uint8Array, data: string): Promise<Evaluator> {
    const compiled = await compilePolicy({ wasm, data }, limits);
    if (!compiled.ok) throw new Error(compiled.error.detail);
    return new Evaluator(compiled.value);
  }

  beforeAll(async () => {
    const rules =
      'deny contains {"code": "a.b", "message": "no {input.user.id}"} if input.args.amount > 100\n\nmask contains {"path": "/args/iban"}';
    const wasm = await buildModule(productLibrary({ a: rules }), entrypoints);
    ours = await evaluatorOf(wasm, productData(["a"]));
    theirs = await loadPolicy(new Uint8Array(wasm), { initial: importedPages(wasm) ?? 0 });
    theirs.setData(JSON.parse(productData(["a"])));
    echo = await evaluatorOf(await buildModule(library({ decide: "decide := input" }), entrypoints), "{}");
  });

  it("give the same result set for every entrypoint and input", () => {
    const inputs = fc.record({
      args: fc.dictionary(fc.string(), fc.jsonValue()),
      amount: fc.integer({ min: 0, max: 200 }),
      keep: fc.boolean(),
    });
    fc.assert(
      fc.property(inputs, fc.constantFrom(...entrypoints), ({ args, amount, keep }, entrypoint) => {
        const input = JSON.stringify(keep ? { ...refundCall, args: { ...args, amount } } : { args });
        const result = ours.evaluate(entrypoint, input);
        expect(result.ok && JSON.parse(result.value)).toEqual(theirs.evaluate(JSON.parse(input), entrypoint));
      }),
      { numRuns: 200 },
    );
  });

  it("carry every JSON value into the module and back", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value).toWellFormed();
        const result = echo.evaluate("toolgate/decide", text);
        if (/\\ud[89a-f]/.test(text)) return;
        expect(result.ok && JSON.parse(result.value)[0].result).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });
});
