import { join } from "node:path";
import { z } from "zod";
import { sha256Hex } from "../../core/digest.ts";
import { gatherMistakes, type Mistakes } from "../mistakes.ts";
import { type Opa, OpaFailed, quoted, runOpa } from "../opa.ts";
import { readBytes } from "../read-text.ts";

/** One Rego file as `opa parse` understands it. Only what the checks look at is named; the rest is walked as it comes. */
export interface Module {
  readonly file: string;
  /** Path of the package without `data`. */
  readonly package: readonly string[];
  readonly packageLine: number;
  readonly imports: readonly Import[];
  readonly annotations: readonly Annotation[];
  readonly rules: readonly Rule[];
}

export interface Import {
  /** Path with its root, e.g. `["data", "custom", "limits"]`. */
  readonly path: readonly string[];
  /** The name it has in the file. */
  readonly name: string;
  readonly line: number;
}

export interface Annotation {
  readonly scope: string;
  readonly line: number;
  /** The comment block, `# METADATA` and its lines. */
  readonly text: string;
  readonly entrypoint: boolean;
  readonly custom: Readonly<Record<string, unknown>>;
}

export interface Rule {
  readonly line: number;
  readonly default: boolean;
  readonly head: Head;
  readonly body: unknown;
  readonly else: unknown;
}

export interface Head {
  readonly ref: readonly Term[];
  readonly key: Term | undefined;
  readonly value: Term | undefined;
  readonly args: readonly unknown[] | undefined;
}

export interface Term {
  readonly type: string;
  readonly value?: unknown;
}

const location = z.looseObject({ row: z.int(), text: z.string().default("") });
const term = z.looseObject({ type: z.string(), value: z.unknown() });
const path = z.array(z.looseObject({ value: z.string() }));

const ruleSchema = z.looseObject({
  location,
  default: z.boolean().default(false),
  head: z.looseObject({ ref: z.array(term), key: term.optional(), value: term.optional(), args: z.array(z.unknown()).optional() }),
  body: z.unknown().optional(),
  else: z.unknown().optional(),
});

const moduleSchema = z.looseObject({
  package: z.looseObject({ location, path }),
  imports: z.array(z.looseObject({ location, path: z.looseObject({ value: path }), alias: z.string().optional() })).default([]),
  annotations: z
    .array(
      z.looseObject({
        scope: z.string(),
        location,
        entrypoint: z.boolean().default(false),
        custom: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
  rules: z.array(ruleSchema).default([]),
});

/** What OPA says about files it cannot take, on standard output or standard error. */
export const opaErrors = z.looseObject({
  errors: z.array(
    z.looseObject({ message: z.string(), location: z.looseObject({ file: z.string().optional(), row: z.int().optional() }).optional() }),
  ),
});

/** Enough to keep two cores busy; each parse is a process of its own. */
const AT_ONCE = 4;

/** Parses files of a folder. A file that OPA cannot read becomes a mistake and is left out. */
export async function parseModules(opa: Opa, folder: string, files: readonly string[], mistakes: Mistakes): Promise<readonly Module[]> {
  const modules = new Map<string, Module>();
  const waiting = [...files];
  // Told in the order of files, whichever process ends first.
  const found = new Map(files.map((file) => [file, gatherMistakes()]));
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const module = await parseModule(opa, folder, file, found.get(file) ?? mistakes);
      if (module !== undefined) modules.set(file, module);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const { all } of found.values()) for (const mistake of all) mistakes.add(mistake);
  return files.flatMap((file) => modules.get(file) ?? []);
}

/** Modules of this process by what was parsed: starting OPA costs more than all that is then looked at, and most files stay as they are. */
const known = new Map<string, Module>();
const MOST_KNOWN = 2_000;

async function parseModule(opa: Opa, folder: string, file: string, mistakes: Mistakes): Promise<Module | undefined> {
  const key = await keyOf(opa, folder, file);
  const before = known.get(key);
  if (before !== undefined) return before;
  const module = await parseNew(opa, folder, file, mistakes);
  // What changed while OPA read it is not known by what it was.
  if (module === undefined || key !== (await keyOf(opa, folder, file))) return module;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, module);
  return module;
}

async function keyOf({ path, version }: Opa, folder: string, file: string): Promise<string> {
  return JSON.stringify([path, version, file, sha256Hex(await readBytes(join(folder, file)))]);
}

async function parseNew(opa: Opa, folder: string, file: string, mistakes: Mistakes): Promise<Module | undefined> {
  const { stdout, stderr } = await runOpa(opa, ["parse", "--format", "json", "--json-include", "locations", file], folder);
  const output = jsonOf(stdout) ?? jsonOf(stderr);
  const failed = opaErrors.safeParse(output);
  if (failed.success) {
    for (const error of failed.data.errors) {
      mistakes.add({ file, line: error.location?.row ?? 1, found: error.message, wanted: "Rego that OPA can parse" });
    }
    return undefined;
  }
  const parsed = moduleSchema.safeParse(output);
  if (!parsed.success) {
    // What it refuses it tells as JSON; anything else is no verdict about the file.
    throw new OpaFailed(opa, `opa parse of "${file}" said ${quoted(stderr + stdout)}`);
  }
  return toModule(file, parsed.data);
}

/** The value of what OPA printed, or undefined if it printed no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toModule(file: string, raw: z.infer<typeof moduleSchema>): Module {
  return {
    file,
    package: raw.package.path.slice(1).map((part) => part.value),
    packageLine: raw.package.location.row,
    imports: raw.imports.map((one) => {
      const parts = one.path.value.map((part) => part.value);
      return { path: parts, name: one.alias ?? parts.at(-1) ?? "", line: one.location.row };
    }),
    annotations: raw.annotations.map((one) => ({
      scope: one.scope,
      line: one.location.row,
      text: Buffer.from(one.location.text, "base64").toString("utf8"),
      entrypoint: one.entrypoint,
      custom: one.custom,
    })),
    rules: raw.rules.map(({ location: { row }, head, ...rule }) => ({
      line: row,
      default: rule.default,
      head: { ref: head.ref, key: head.key, value: head.value, args: head.args },
      body: rule.body,
      else: rule.else,
    })),
  };
}

/** The rule's name: the first part of its head. */
export function nameOf(rule: Rule): string {
  const [root] = rule.head.ref;
  return typeof root?.value === "string" ? root.value : "";
}

export function isNode(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isTerm(value: unknown): value is Term {
  return isNode(value) && typeof value.type === "string" && "value" in value;
}

/** The parts of a reference that are fixed from its start, e.g. `data.policy.x` of `data.policy.x[i]`. */
export function fixedPath(ref: Term): readonly string[] {
  const parts: string[] = [];
  if (!Array.isArray(ref.value)) return parts;
  for (const [at, part] of ref.value.entries()) {
    if (!isTerm(part) || typeof part.value !== "string" || (at > 0 && part.type !== "string")) break;
    parts.push(part.value);
  }
  return parts;
}
