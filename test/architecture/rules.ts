import { posix } from "node:path";
import { code, filesImported, packagesImported, type Tree } from "./tree.ts";

/** Where a rule is broken, in words that say what to do. */
export interface Offence {
  readonly rule: string;
  readonly file: string;
  readonly why: string;
}

type Check = (path: string, text: string) => readonly string[];

/** What each layer may import besides itself. */
const below: Readonly<Record<string, readonly string[]>> = {
  core: [],
  platform: ["core"],
  parts: ["platform", "core"],
  gateway: ["parts", "platform", "core"],
  // Authors ask policy with the very inputs of the gateway.
  authoring: ["gateway", "parts", "platform", "core"],
  // What was decided, asked again: explain, replay, impact.
  hindsight: ["authoring", "gateway", "parts", "platform", "core"],
  // The doors see the use cases, never a part.
  http: ["gateway", "platform", "core"],
  app: ["http", "gateway", "parts", "platform", "core"],
  demo: ["authoring", "parts", "platform", "core"],
  cli: ["demo", "app", "http", "hindsight", "authoring", "gateway", "parts", "platform", "core"],
};

/** Files that a layer may import although their layer stands above or beside it. */
const lent: Readonly<Record<string, readonly string[]>> = { demo: ["src/cli/terminal.ts"] };

/** Packages that must stay replaceable, or that belong to one layer: where they may be imported. */
const places: Readonly<Record<string, RegExp>> = {
  fastify: /^src\/(?:http|app)\//,
  ioredis: /^src\/(?:platform\/redis[^/]*\.ts|(?:.+\/)?redis-[^/]+\.ts)$/,
  undici: /^src\/(?:parts\/(?:upstream|identity|bundle)|platform)\//,
  commander: /^src\/cli\//,
  // The SDK of the 2025 era is the peer in demo and tests; the gateway speaks the protocol itself.
  "@modelcontextprotocol/sdk": /^src\/demo\//,
  "oidc-provider": /^src\/demo\//,
};

/** Folders that only group others: what is in them is entered directly. */
const transparent = new Set(["src", "src/core", "src/platform", "src/parts", "src/demo"]);

const MOST_LINES = 500;
const vague = new Set(["utils", "util", "helpers", "helper", "types", "common", "shared", "misc", "lib"]);
const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;

export const rules: Readonly<Record<string, Check>> = {
  "layers-one-way": inSources((path, text) =>
    filesImported(path, text).flatMap((target) => {
      const [from, to] = [layerOf(path), layerOf(target)];
      if (to === undefined) return [`imports "${target}", which is outside src`];
      if (from === undefined || from === to || below[from]?.includes(to) || lent[from]?.includes(target)) return [];
      return [`${from} must not import ${to}, found "${target}"`];
    }),
  ),

  "parts-stay-apart": inSources((path, text) => {
    const own = partOf(path);
    if (own === undefined) return [];
    return filesImported(path, text)
      .filter((target) => (partOf(target) ?? own) !== own)
      .map((target) => `the part "${own}" must not import "${target}": move the word to core, or the work to gateway`);
  }),

  "folders-have-one-door": inSources((path, text) =>
    filesImported(path, text).flatMap((target) => {
      const door = doorOf(path, target);
      if (door === undefined || target === door || lent[layerOf(path) ?? ""]?.includes(target)) return [];
      return [`imports "${target}", wanted "${door}"`];
    }),
  ),

  ...Object.fromEntries(
    Object.entries(places).map(([name, place]) => [
      `${name.replace(/^@/, "").replace("/", "-")}-has-its-place`,
      inSources((path, text) => (packagesImported(text).includes(name) && !place.test(path) ? [`imports "${name}"`] : [])),
    ]),
  ),

  "environment-has-its-place": inSources((path, text) => {
    if (path === "src/app/environment.ts" || path.startsWith("src/demo/")) return [];
    const bare = code(text);
    const found = /\bprocess\s*\??\.?\s*(?:\.\s*env\b|\[\s*["']env["'])|from\s*["'](?:node:)?process["']|\bloadEnvFile\b/.exec(bare);
    const destructured = /\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/.exec(bare);
    return found || destructured ? [`reads ${(found ?? destructured)?.[0]}: wanted environment() of app, passed in`] : [];
  }),

  "short-files": (_path, text) => {
    const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    return lines > MOST_LINES ? [`has ${lines} lines, wanted ${MOST_LINES} at most`] : [];
  },

  "folders-are-named-for-what-they-do": (path) =>
    posix
      .dirname(path)
      .split("/")
      .filter((name) => vague.has(name))
      .map((name) => `stands in a folder "${name}"`),

  "kebab-case-names": (path) =>
    path
      .split("/")
      .slice(1)
      .filter((name) => !kebab.test(name))
      .map((name) => `"${name}" is not in kebab-case`),

  "named-exports-only": inSources((_path, text) => {
    const found = /^[ \t]*export\s+(?:default\b|\*|\{[^}]*\bas\s+default\b)/m.exec(code(text));
    return found ? [`has "${found[0].trim()}": export each name by itself`] : [];
  }),

  "no-sleeps-in-tests": (path, text) => {
    if (!path.startsWith("test/")) return [];
    const bare = code(text);
    const found =
      /\bsetTimeout\(\s*(?:resolve|done|next|r|res|ok|\(\)\s*=>\s*(?:resolve|done|next|r|res|ok)\()/.exec(bare) ??
      /\bimport\b[^"';]*\bsetTimeout\b[^"';]*\bfrom\s*["'](?:node:)?timers\/promises["']/.exec(bare) ??
      /\bAtomics\.wait\b/.exec(bare);
    return found ? [`sleeps with "${found[0]}": wait for the event, or pass the clock in`] : [];
  },
};

/** Everything in the tree that breaks a rule. */
export function offencesOf(tree: Tree): readonly Offence[] {
  return Object.entries(rules).flatMap(([rule, check]) =>
    [...tree].flatMap(([file, text]) => check(file, text).map((why) => ({ rule, file, why }))),
  );
}

function inSources(check: Check): Check {
  return (path, text) => (path.startsWith("src/") ? check(path, text) : []);
}

/** `src/parts/budgets/ledger.ts` → parts; undefined outside src. A file directly in src is the package's entrance: cli. */
function layerOf(path: string): string | undefined {
  const [top, layer] = path.split("/");
  if (top !== "src" || layer === undefined) return undefined;
  return layer in below ? layer : "cli";
}

function partOf(path: string): string | undefined {
  return /^src\/parts\/([^/]+)\//.exec(path)?.[1];
}

/** The only file through which `target` may be reached from `path`; undefined where it may be reached directly. */
function doorOf(path: string, target: string): string | undefined {
  const steps = posix.dirname(target).split("/");
  for (let length = 1; length <= steps.length; length++) {
    const folder = steps.slice(0, length).join("/");
    if (!path.startsWith(`${folder}/`) && !transparent.has(folder)) return `${folder}/index.ts`;
  }
  return undefined;
}
