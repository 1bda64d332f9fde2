import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { err, ok, type Result } from "../../core/result.ts";
import { defaultBundleLimits, entrypoints, readBundle, wasmFile } from "../../parts/bundle/index.ts";
import { scratchFolder } from "../../platform/scratch-folder.ts";
import { builtinMistake, capabilitiesFile } from "../capabilities.ts";
import type { Mistakes } from "../mistakes.ts";
import { type Opa, OpaFailed, quoted, runOpa } from "../opa.ts";
import { jsonOf, opaErrors } from "../rego/index.ts";

/**
 * Compiles modules, by path inside the bundle, to WebAssembly. Never optimised: `-O1` and up make this shape of policy a
 * hundred times slower. What the compiler refuses becomes mistakes with the file and line of the module.
 */
export async function compileWasm(opa: Opa, modules: ReadonlyMap<string, Uint8Array>, mistakes: Mistakes): Promise<Uint8Array | undefined> {
  const { path: folder, remove } = await scratchFolder("toolgate-build-");
  try {
    const sources = join(folder, "sources");
    for (const [path, bytes] of modules) {
      await mkdir(dirname(join(sources, path)), { recursive: true });
      await writeFile(join(sources, path), bytes);
    }
    const args = ["check", "--bundle", ".", "--format", "json", "--max-errors", "0", "--capabilities", capabilitiesFile];
    const checked = await runOpa(opa, args, sources);
    if (checked.code !== 0) {
      tellErrors(opa, checked.stdout + checked.stderr, mistakes);
    }
    // What was found before would only come back in the compiler's words.
    if (mistakes.all.length > 0) return undefined;
    const wasm = await build(opa, sources, join(folder, "bundle.tar.gz"));
    if (wasm.ok) return wasm.value;
    mistakes.add({ file: "policy", found: wasm.error, wanted: "policies that OPA can compile to WebAssembly" });
    return undefined;
  } finally {
    await remove();
  }
}

async function build(opa: Opa, sources: string, output: string): Promise<Result<Uint8Array, string>> {
  const args = ["build", "--bundle", ".", "--target", "wasm", "--optimize", "0", "--capabilities", capabilitiesFile, "--output", output];
  const built = await runOpa(opa, [...args, ...entrypoints.flatMap((one) => ["--entrypoint", one])], sources);
  if (built.code !== 0 && (built.stderr + built.stdout).trim() === "") throw new OpaFailed(opa, "opa build failed and did not say why");
  if (built.code !== 0) return err((built.stderr + built.stdout).trim());
  const contents = await readBundle(await readFile(output), defaultBundleLimits);
  const wasm = contents.ok ? contents.value.files.get(wasmFile) : undefined;
  return wasm === undefined ? err(`opa build wrote no ${wasmFile}`) : ok(wasm);
}

function tellErrors(opa: Opa, output: string, mistakes: Mistakes): void {
  const parsed = opaErrors.safeParse(jsonOf(output));
  if (!parsed.success) throw new OpaFailed(opa, `opa check said ${quoted(output)}`);
  for (const { message, location } of parsed.data.errors) {
    const file = location?.file ?? "policy";
    const line = location?.row === undefined ? {} : { line: location.row };
    mistakes.add(
      builtinMistake(message, file, location?.row) ?? { file, found: message, wanted: "a policy that passes opa check", ...line },
    );
  }
}
