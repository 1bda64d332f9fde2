import { isUtf8 } from "node:buffer";
import { err, ok, type Result } from "../../core/result.ts";
import { type Builtin, BuiltinError, hostBuiltins, parseValue, toTerm, type Value } from "./builtins/index.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import { memberAt, parseExact } from "./exact-json.ts";
import type { PolicyFailure } from "./failure.ts";
import type { Entrypoint } from "./policy.ts";
import { PAGE } from "./wasm-memory.ts";

/*
 * The one place that knows OPA's WebAssembly ABI (1.2 and later). It is spoken directly and not through `loadPolicy` of
 * @open-policy-agent/opa-wasm, because
 *  - the package's own `sprintf`, `regex.split` and `yaml.*` win over supplied ones, differ from OPA, and one of them
 *    can be made to backtrack for minutes;
 *  - it takes the input as an object or an ArrayBuffer and finds the end of the result byte by byte: a text written
 *    straight into the memory and `indexOf` cost a fraction of that;
 *  - a built-in gets its arguments as JSON numbers, so nanoseconds are rounded and sets look like arrays;
 *  - it treats an input that the module cannot parse as no input at all, and prints to the console.
 * A test holds our answers equal to the package's.
 */

interface Exports {
  readonly opa_malloc: (size: number) => number;
  readonly opa_json_parse: (address: number, length: number) => number;
  readonly opa_json_dump: (value: number) => number;
  readonly opa_value_dump: (value: number) => number;
  readonly opa_value_parse: (address: number, length: number) => number;
  readonly opa_heap_ptr_get: () => number;
  readonly opa_heap_ptr_set: (address: number) => void;
  readonly opa_eval_ctx_new: () => number;
  readonly opa_eval_ctx_set_input: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_data: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_entrypoint: (context: number, id: number) => void;
  readonly opa_eval_ctx_get_result: (context: number) => number;
  readonly eval: (context: number) => number;
  readonly builtins: () => number;
  readonly entrypoints: () => number;
}

/** A text larger than this is no decision. It bounds what the main thread parses. */
const LARGEST_RESULT = 1_048_576;
/** An instance never gives memory back, so one that grew by more than this is replaced after the evaluation. */
const MAY_GROW_BY = 8 * 1_048_576;
const NUL = 0;

/** One policy with its data, one evaluation at a time. Synchronous, and cannot be interrupted: see the worker pool. */
export class Evaluator {
  readonly #compiled: CompiledPolicy;
  #instance: Instance | undefined;

  /** Throws what the module throws if it cannot be instantiated or does not take its data. */
  constructor(compiled: CompiledPolicy) {
    this.#compiled = compiled;
    this.#instance = new Instance(compiled);
  }

  get entrypoints(): ReadonlyMap<string, number> {
    return this.#current().entrypoints;
  }

  /** Built-ins that the module needs from its host. */
  get builtins(): readonly string[] {
    return [...this.#current().builtins.values()];
  }

  /** The JSON text of OPA's result set: `[{"result": …}]`, or `[]` where the entrypoint is undefined. */
  evaluate(entrypoint: Entrypoint, input: string): Result<string, PolicyFailure> {
    // OPA takes an empty input for none, and rules that only say `not` would then hold.
    if (input.length === 0) return err({ code: "policy.evaluation_failed", detail: "the input is empty" });
    try {
      const instance = this.#current();
      const result = instance.evaluate(entrypoint, input);
      if (instance.grownBy > MAY_GROW_BY) this.#instance = undefined;
      return result;
    } catch (thrown) {
      // After an abort or a trap nothing is known about the instance's heap.
      this.#instance = undefined;
      return err({ code: "policy.evaluation_failed", detail: describe(thrown) });
    }
  }

  #current(): Instance {
    this.#instance ??= new Instance(this.#compiled);
    return this.#instance;
  }
}

/** `opa_abort` hands over a text; the engine throws errors. Whatever it is becomes one bounded line. */
function describe(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : typeof thrown === "string" ? thrown : "something was thrown";
  return text.slice(0, 300);
}

/** `opa_abort`: the module gave up, and unwinds. */
class ModuleAbort extends Error {}

class Instance {
  readonly entrypoints: ReadonlyMap<string, number>;
  readonly builtins: ReadonlyMap<number, string>;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  readonly #implementations: readonly (Builtin | undefined)[];
  readonly #data: number;
  /** Where the heap of an evaluation begins: behind the data, which stays. */
  readonly #heap: number;
  readonly #bytesAtStart: number;
  #view: Buffer;
  #input = "";
  #failure: PolicyFailure | undefined;

  constructor(compiled: CompiledPolicy) {
    this.#memory = new WebAssembly.Memory({ initial: compiled.initialPages, maximum: compiled.maximumPages });
    this.#view = Buffer.from(this.#memory.buffer);
    const call = (id: number, _context: number, ...args: number[]): number => this.#callBuiltin(id, args);
    const env = {
      memory: this.#memory,
      opa_abort: (address: number): never => {
        throw new ModuleAbort(this.#read(address));
      },
      // `print` must not reach the console of a gateway: what is printed may be an argument.
      opa_println: (): void => {},
      opa_builtin0: call,
      opa_builtin1: call,
      opa_builtin2: call,
      opa_builtin3: call,
      opa_builtin4: call,
    };
    const instance = new WebAssembly.Instance(compiled.module, { env });
    this.#exports = checkedExports(instance.exports);
    this.builtins = new Map(this.#readIds(this.#exports.builtins()).map(([name, id]) => [id, name]));
    this.entrypoints = new Map(this.#readIds(this.#exports.entrypoints()));
    const slots: (Builtin | undefined)[] = [];
    for (const [id, name] of this.builtins) slots[id] = hostBuiltins.get(name);
    this.#implementations = slots;
    this.#data = this.#load(compiled.data);
    this.#heap = aligned(this.#exports.opa_heap_ptr_get());
    this.#bytesAtStart = this.#memory.buffer.byteLength;
  }

  get grownBy(): number {
    return this.#memory.buffer.byteLength - this.#bytesAtStart;
  }

  evaluate(entrypoint: Entrypoint, input: string): Result<string, PolicyFailure> {
    const id = this.entrypoints.get(entrypoint);
    if (id === undefined) return err({ code: "policy.evaluation_failed", detail: `the module has no entrypoint "${entrypoint}"` });
    this.#failure = undefined;
    this.#input = input;
    const exports = this.#exports;
    const length = this.#write(input, this.#heap);
    exports.opa_heap_ptr_set(aligned(this.#heap + length));
    const parsed = exports.opa_json_parse(this.#heap, length);
    // OPA's own fast path (`opa_eval`) goes on without an input here.
    if (parsed === 0) return err({ code: "policy.evaluation_failed", detail: "the module cannot parse the input" });
    const context = exports.opa_eval_ctx_new();
    exports.opa_eval_ctx_set_input(context, parsed);
    exports.opa_eval_ctx_set_data(context, this.#data);
    exports.opa_eval_ctx_set_entrypoint(context, id);
    if (exports.eval(context) !== 0) return err({ code: "policy.evaluation_failed", detail: "the evaluation failed" });
    const text = this.#read(exports.opa_json_dump(exports.opa_eval_ctx_get_result(context)));
    this.#input = "";
    return this.#failure === undefined ? ok(text) : err(this.#failure);
  }

  #callBuiltin(id: number, args: readonly number[]): number {
    const implementation = this.#implementations[id];
    if (implementation === undefined) return this.#fail("policy.missing_builtin", this.builtins.get(id) ?? String(id));
    let answer: string;
    try {
      const value = implementation(this, ...args.map((address) => this.#argument(address)));
      if (value === undefined) return 0;
      answer = toTerm(value);
      if (answer.length > LARGEST_RESULT) throw new BuiltinError("the answer is too long");
    } catch (error) {
      // An abort inside the module (no memory for the arguments) must go on unwinding it.
      if (error instanceof ModuleAbort || error instanceof WebAssembly.RuntimeError) throw error;
      return this.#fail("policy.builtin_error", `${this.builtins.get(id)}: ${describe(error)}`);
    }
    return this.#load(answer, this.#exports.opa_value_parse);
  }

  #argument(address: number): Value {
    const at = this.#exports.opa_value_dump(address);
    const text = this.#read(at);
    // `base64.decode` can make bytes that are no text. Read as U+FFFD they would be others than the policy means: two
    // different tokens would have one digest.
    if (text.includes("\ufffd")) {
      const view = this.#current();
      if (!isUtf8(view.subarray(at, view.indexOf(NUL, at)))) throw new BuiltinError("an argument is not UTF-8");
    }
    return parseValue(text);
  }

  /** Undefined for the rule, and a flag that turns the whole decision into a denial. */
  #fail(code: "policy.missing_builtin" | "policy.builtin_error", detail: string): number {
    if (this.#failure?.code !== "policy.missing_builtin") this.#failure = { code, detail };
    return 0;
  }

  nowNs(): bigint {
    const ns = memberAt(parseExact(this.#input), ["time", "ns"]);
    if (typeof ns !== "bigint" && !Number.isSafeInteger(ns)) throw new BuiltinError("the input has no time.ns");
    return BigInt(ns as bigint | number);
  }

  #load(text: string, parse: Exports["opa_json_parse"] = this.#exports.opa_json_parse): number {
    const size = Buffer.byteLength(text);
    const address = this.#exports.opa_malloc(size);
    this.#current().write(text, address, size);
    const value = parse(address, size);
    if (value === 0) throw new Error("the module cannot parse what the host gave it");
    return value;
  }

  /** Writes UTF-8 behind everything that is in use and returns its length. */
  #write(text: string, address: number): number {
    // Three bytes a UTF-16 unit is the most that UTF-8 takes; counting exactly would cost a pass over the text.
    const room = this.#memory.buffer.byteLength - address;
    if (text.length * 3 > room) {
      const missing = Buffer.byteLength(text) - room;
      if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    }
    return this.#current().write(text, address);
  }

  #read(address: number): string {
    const view = this.#current();
    const end = view.indexOf(NUL, address);
    if (end < 0 || end - address > LARGEST_RESULT) throw new Error("the text is too long");
    return view.toString("utf8", address, end);
  }

  #readIds(address: number): [string, number][] {
    const ids: unknown = JSON.parse(this.#read(this.#exports.opa_json_dump(address)));
    if (typeof ids !== "object" || ids === null) throw new Error("the module names no ids");
    return Object.entries(ids).map(([name, id]) => [name, Number(id)]);
  }

  /** The bytes of the memory; when it grows, the old buffer is detached. */
  #current(): Buffer {
    if (this.#view.buffer !== this.#memory.buffer) this.#view = Buffer.from(this.#memory.buffer);
    return this.#view;
  }
}

const aligned = (address: number): number => (address + 7) & ~7;

function checkedExports(found: WebAssembly.Exports): Exports {
  const wanted = [
    ...[
      "opa_malloc",
      "opa_json_parse",
      "opa_json_dump",
      "opa_value_dump",
      "opa_value_parse",
      "opa_heap_ptr_get",
      "opa_heap_ptr_set",
      "eval",
      "builtins",
    ],
    ...["opa_eval_ctx_new", "opa_eval_ctx_set_input", "opa_eval_ctx_set_data", "opa_eval_ctx_set_entrypoint"],
    ...["opa_eval_ctx_get_result", "entrypoints"],
  ];
  const missing = wanted.filter((name) => typeof found[name] !== "function");
  if (missing.length > 0) throw new Error(`the module does not export ${missing.join(", ")}`);
  const version = found.opa_wasm_abi_version;
  if (!(version instanceof WebAssembly.Global) || version.value !== 1) throw new Error("the module's ABI is not 1");
  return found as object as Exports;
}
