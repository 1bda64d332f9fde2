import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { leftOut } from "../../src/authoring/capabilities.ts";
import { hostBuiltins } from "../../src/parts/policy/builtins/index.ts";
import { compilePolicy } from "../../src/parts/policy/compiled-policy.ts";
import { Evaluator } from "../../src/parts/policy/evaluator.ts";
import { buildModule } from "../parts/policy/opa.ts";
import { opa } from "./opa.ts";

/*
 * Makes policies/capabilities.json from what is really there: `TOOLGATE_OPA=… node test/policy/write-capabilities.ts`.
 * A test makes it anew and compares.
 */

export const capabilitiesPath = fileURLToPath(new URL("../../policies/capabilities.json", import.meta.url));

export interface OpaBuiltin {
  readonly name: string;
  readonly description?: string;
  readonly categories?: readonly string[];
  readonly deprecated?: boolean;
  readonly infix?: string;
  readonly nondeterministic?: boolean;
  readonly decl: { readonly args?: readonly unknown[]; readonly result?: unknown; readonly variadic?: unknown };
}

/** Everything that this OPA knows. */
export function knownBuiltins(): readonly OpaBuiltin[] {
  return JSON.parse(opa(["capabilities", "--current"])).builtins;
}

/** What the compiler writes for `in`, for template strings, and for print, which it takes out again. */
const internal = ["internal.member_2", "internal.member_3", "internal.template_string", "internal.print"] as const;

/** Infix operators are called by their name too, but for these two, which are syntax. */
const syntax: Readonly<Record<string, string>> = { eq: "input.a = input.b", assign: "x := input.a" };

/** Built-ins that policies of Rego v1 can call by a name of their own. */
export function callable(): readonly OpaBuiltin[] {
  return knownBuiltins().filter(({ name, deprecated }) => deprecated !== true && !name.startsWith("internal."));
}

/** Which of the callable built-ins a compiled module asks its host for; the others run inside it. */
export async function importedBuiltins(): Promise<ReadonlySet<string>> {
  const bodies = callable().map(({ name, decl }, index) => `calls contains ${index} if {\n\t${callOf(name, decl.args?.length ?? 0)}\n}`);
  const rule = 'member if input.a in input.b\nmember if 1, input.a in input.b\ntemplate := $"a {input.a}"';
  const wasm = await buildModule({ "calls.rego": `package t\n\n${bodies.join("\n")}\n${rule}\n` }, ["t/calls", "t/member", "t/template"]);
  const compiled = await compilePolicy({ wasm, data: "{}" }, { timeoutMs: 1000, workers: 1, maxMemoryBytes: 64 << 20 });
  if (!compiled.ok) throw new Error(compiled.error.detail);
  return new Set(new Evaluator(compiled.value).builtins);
}

function callOf(name: string, arity: number): string {
  if (Object.hasOwn(syntax, name)) return syntax[name] ?? "";
  return `${name}(${Array.from({ length: arity }, (_, index) => `input.${"abcdef"[index]}`).join(", ")})`;
}

/** The file's text. */
export async function capabilitiesText(): Promise<string> {
  const imported = await importedBuiltins();
  const offered = (builtin: OpaBuiltin): boolean =>
    builtin.deprecated !== true &&
    (builtin.name.startsWith("internal.")
      ? internal.some((name) => name === builtin.name)
      : !Object.hasOwn(leftOut, builtin.name) && (hostBuiltins.has(builtin.name) || !imported.has(builtin.name)));
  const builtins = knownBuiltins()
    .filter(offered)
    // A host that answers from the frozen input makes it deterministic.
    .map(({ description: _d, categories: _c, nondeterministic: _n, ...builtin }) => builtin);
  const capabilities = {
    builtins,
    future_keywords: [],
    wasm_abi_versions: [1, 2, 3].map((minor) => ({ version: 1, minor_version: minor })),
    features: ["keywords_in_refs", "rego_v1", "template_strings"],
    allow_net: [],
  };
  return `${JSON.stringify(capabilities, undefined, 1)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = existsSync(capabilitiesPath) ? readFileSync(capabilitiesPath, "utf8") : "";
  writeFileSync(capabilitiesPath, await capabilitiesText());
  const biome = fileURLToPath(new URL("../../node_modules/@biomejs/biome/bin/biome", import.meta.url));
  execFileSync(process.execPath, [biome, "format", "--write", capabilitiesPath]);
  console.log(before === readFileSync(capabilitiesPath, "utf8") ? "nothing has changed" : `wrote ${capabilitiesPath}`);
}
