import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseYaml } from "../../core/yaml-text.ts";

export interface Place {
  readonly file: string;
  /** Counted from 1. */
  readonly line?: number;
}

/** Where what decided is written. Undefined for what cannot be told, such as a role in a bundle, whose tables are not in it. */
export interface Places {
  permit(permit: { readonly rule: string; readonly id: string }): Place | undefined;
  /** The rule of a package that gives this reason. */
  reason(reason: { readonly rule: string; readonly code: string }): Place | undefined;
}

const roles = "catalog/roles.yaml";

/** `modules` by path; `source` is the folder that they are from, or a bundle. */
export async function placesIn(source: string, modules: ReadonlyMap<string, string>): Promise<Places> {
  const text = await readFile(join(source, roles), "utf8").catch(() => undefined);
  const yaml = text === undefined ? undefined : parseYaml(roles, text);
  const roleLine = (id: string): Place | undefined => {
    if (!yaml?.ok) return undefined;
    const line = yaml.value.line(["roles", id]);
    return line === undefined ? { file: roles } : { file: roles, line };
  };
  const known = new Map<string, Place | undefined>();
  const remembered = (rule: string, name: string, find: () => Place | undefined): Place | undefined => {
    const key = `${rule} ${name}`;
    if (!known.has(key)) known.set(key, find());
    return known.get(key);
  };
  return {
    permit: ({ rule, id }) =>
      remembered(rule, `permit ${id}`, () => (rule === "role" ? roleLine(id) : placeOf(modules, rule, ["permit"], "id", id))),
    reason: ({ rule, code }) => remembered(rule, `reason ${code}`, () => placeOf(modules, rule, ["deny", "constrain"], "code", code)),
  };
}

/** Of policies whose sources nobody has. */
export const nowhere: Places = { permit: () => undefined, reason: () => undefined };

/**
 * The clause of a package that has this literal in its head. The build takes heads of literals only, each rule begins in
 * the first column as `opa fmt` writes it, so the text tells as much as the syntax tree would, and tells it of a bundle too.
 */
function placeOf(
  modules: ReadonlyMap<string, string>,
  name: string,
  rules: readonly string[],
  key: string,
  value: string,
): Place | undefined {
  let file: string | undefined;
  for (const [path, text] of modules) {
    if (!new RegExp(`^package policy\\.${escaped(name)}[ \\t]*$`, "m").test(text)) continue;
    file ??= path;
    const starts = [...text.matchAll(/^[a-z_]\S*/gm)];
    for (const [at, start] of starts.entries()) {
      if (!rules.includes(start[0])) continue;
      const clause = text.slice(start.index, starts[at + 1]?.index);
      if (new RegExp(`"${key}":\\s*${escaped(JSON.stringify(value))}`).test(clause)) {
        return { file: path, line: text.slice(0, start.index).split("\n").length };
      }
    }
  }
  return file === undefined ? undefined : { file };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

export function placeText(place: Place | undefined): string {
  if (place === undefined) return "";
  return place.line === undefined ? place.file : `${place.file}:${place.line}`;
}
