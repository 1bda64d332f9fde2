import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { err, ok, type Result } from "../../core/result.ts";
import { pinnedOpa } from "../opa.ts";

export interface InitRequest {
  readonly folder: string;
  /** Of the bundle; that of the folder if absent. */
  readonly name?: string;
  readonly environment: string;
  /** Of the product, for README and workflow. */
  readonly version: string;
  /** Unix milliseconds, for the expiry in the README's example. */
  readonly now: number;
}

export interface Initialised {
  readonly name: string;
  readonly environment: string;
  /** Paths in the folder, sorted. */
  readonly files: readonly string[];
}

export type NotInitialised =
  | { readonly kind: "not_empty"; readonly entries: readonly string[] }
  | { readonly kind: "no_folder"; readonly detail: string }
  | { readonly kind: "name"; readonly detail: string };

/** The same way up from `src/` and from `dist/`. */
const policies = fileURLToPath(new URL("../../../policies/", import.meta.url));
const template = join(policies, "template");
/** Definitions of the reference server as it offers them to a client that declares nothing. */
const examplePins = join(policies, "catalog", "pins", "everything-http.json");

/** npm leaves a `.gitignore` out of a package, so these have other names in the template. */
const hidden: Readonly<Record<string, string>> = { gitignore: ".gitignore", github: ".github" };

const DAYS_TO_EXPIRY = 365;
const DAY = 86_400_000;

/** Names that stand in YAML, in shells and in file names as they are. */
const plainName = /^[a-z][a-z0-9-]{0,62}$/;

/** Writes a policy repository into an empty folder. Nothing is written where something is in the way. */
export async function initRepository(request: InitRequest): Promise<Result<Initialised, NotInitialised>> {
  const folder = resolve(request.folder);
  const name = request.name ?? nameOf(folder);
  for (const [what, value] of [["name", name] as const, ["environment", request.environment] as const]) {
    if (!plainName.test(value)) {
      return err({ kind: "name", detail: `found the ${what} "${value}"; wanted lower-case letters, digits and hyphens, a letter first` });
    }
  }
  const there = await entriesOf(folder);
  if (!there.ok) return there;
  if (there.value.length > 0) return err({ kind: "not_empty", entries: there.value });
  const files = await filled({ ...request, name });
  for (const [file, text] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text, { flag: "wx" });
  }
  return ok({ name, environment: request.environment, files: [...files.keys()].sort() });
}

function nameOf(folder: string): string {
  const plain = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "");
  return plain === "" ? "policies" : plain.slice(0, 63);
}

/** What is in a folder; nothing where there is none yet. A repository that git has just made is empty. */
async function entriesOf(folder: string): Promise<Result<readonly string[], NotInitialised>> {
  try {
    return ok((await readdir(folder)).filter((entry) => entry !== ".git").sort());
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return ok([]);
    if (code === "ENOTDIR") return err({ kind: "no_folder", detail: `"${folder}" is a file` });
    throw error;
  }
}

async function filled(request: InitRequest & { readonly name: string }): Promise<ReadonlyMap<string, string>> {
  const values: Readonly<Record<string, string>> = {
    "@NAME@": request.name,
    "@ENVIRONMENT@": request.environment,
    "@VERSION@": request.version,
    "@OPA@": pinnedOpa,
    "@EXPIRES@": new Date(Math.floor(request.now / DAY) * DAY + DAYS_TO_EXPIRY * DAY).toISOString().replace(".000Z", "Z"),
    "@EVERYTHING@": JSON.stringify(exampleServer()),
  };
  const files = new Map<string, string>();
  for (const path of await filesBelow(template)) {
    const [first = "", ...rest] = relative(template, path).split(sep);
    const text = await readFile(path, "utf8");
    files.set(
      [hidden[first] ?? first, ...rest].join("/"),
      text.replaceAll(/@[A-Z]+@/g, (word) => values[word] ?? word),
    );
  }
  files.set("policies/catalog/pins/everything.json", await pinsOf("everything"));
  return files;
}

async function pinsOf(server: string): Promise<string> {
  const pins: unknown = JSON.parse(await readFile(examplePins, "utf8"));
  return `${JSON.stringify({ ...(typeof pins === "object" ? pins : {}), server }, null, 2)}\n`;
}

/** The reference server that comes with the product, so that the example runs where nothing else is installed. */
function exampleServer(): string {
  const packageFile = createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json");
  return join(dirname(packageFile), "dist", "index.js");
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
