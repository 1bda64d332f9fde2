import { err, ok, type Result } from "../../core/result.ts";
import type { PolicyUnusable } from "./failure.ts";
import type { PolicyLimits, PolicySource } from "./policy.ts";
import { importedPages, PAGE } from "./wasm-memory.ts";

/** A module with what an instance of it needs. Can be posted to a worker: the compiled code is shared. */
export interface CompiledPolicy {
  readonly module: WebAssembly.Module;
  readonly data: string;
  readonly initialPages: number;
  readonly maximumPages: number;
}

export async function compilePolicy(source: PolicySource, limits: PolicyLimits): Promise<Result<CompiledPolicy, PolicyUnusable>> {
  const initialPages = importedPages(source.wasm);
  if (initialPages === undefined) return unusable("the module imports no memory; wanted what `opa build -t wasm` makes");
  const maximumPages = Math.floor(limits.maxMemoryBytes / PAGE);
  if (initialPages > maximumPages) {
    return unusable(`the module wants ${initialPages * PAGE} bytes of memory; the limit is ${limits.maxMemoryBytes}`);
  }
  try {
    const module = await WebAssembly.compile(new Uint8Array(source.wasm));
    return ok({ module, data: source.data, initialPages, maximumPages });
  } catch (error) {
    return unusable(`the module does not compile: ${String(error)}`);
  }
}

const unusable = (detail: string): Result<never, PolicyUnusable> => err({ code: "policy.invalid_module", detail });
