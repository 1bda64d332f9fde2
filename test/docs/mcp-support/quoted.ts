import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configKeys } from "../../../src/app/config-reference.ts";
import { type ReasonCode, reasons } from "../../../src/core/reasons.ts";

// What the page repeats of the code: each quotation fails where the code no longer says it.

const root = join(import.meta.dirname, "../../..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join(root, "src", name), "utf8") }));
const keys = new Map(configKeys().map((key) => [key.path, key]));

/** A reason as a caller gets it. */
export function reason(code: ReasonCode): string {
  return `\`${code}\`: ${reasons[code].sentence}`;
}

/** Words that the sources send, as they stand there. */
export function words(text: string): string {
  if (!sources.some((source) => source.text.includes(text))) throw new Error(`no source says "${text}"`);
  return `"${text}"`;
}

/** An error of JSON-RPC with words that the sources send. */
export function error(code: number, text: string): string {
  return `error ${code}, ${words(text)}`;
}

/** A number that is fixed in the sources under this name; files of one folder where several use the name. */
export function fixed(name: string, folder = ""): number {
  const form = new RegExp(`^(?:export )?const ${name} = ([0-9_ *]+);$`, "gm");
  const found = sources
    .filter((source) => source.name.startsWith(folder))
    .flatMap(({ text }) => [...text.matchAll(form)].map(([, value = ""]) => productOf(value)));
  const [first] = new Set(found);
  if (first === undefined || found.some((value) => value !== first)) throw new Error(`"${name}" is ${found.join(" and ") || "nowhere"}`);
  return first;
}

function productOf(text: string): number {
  return text
    .replaceAll("_", "")
    .split("*")
    .reduce((value, factor) => value * Number(factor), 1);
}

/** A number that the configuration may change, with what it is by default. */
export function setting(path: string, unit = ""): string {
  const key = keys.get(path);
  if (key?.default === undefined) throw new Error(`"${path}" is no key of the configuration with a default`);
  return `\`${path}\`, ${key.default}${unit}`;
}
