import { foundText, type Mistake, pathText } from "../../core/mistakes.ts";
import { isInUse } from "../../core/server.ts";
import { readUriPattern, readUriTemplate } from "../../parts/catalog/index.ts";
import type { Tables } from "./table-files.ts";

interface Entry {
  readonly server: string;
  readonly entry: string;
  readonly member: "uri" | "template";
  readonly written: string;
}

function* entriesOf(tables: Tables): Generator<Entry> {
  for (const [server, entries] of Object.entries(tables.resources.resources)) {
    for (const [entry, { uri, template }] of Object.entries(entries)) {
      yield { server, entry, member: template === undefined ? "uri" : "template", written: template ?? uri ?? "" };
    }
  }
}

const read = ({ member, written }: Entry) => (member === "uri" ? readUriPattern(written) : readUriTemplate(written));

/** Patterns and templates that cannot be read, and those that a server has twice: only the first entry would ever count. */
export function resourceMistakes(tables: Tables): Mistake[] {
  const mistakes: Mistake[] = [];
  const first = new Map<string, string>();
  for (const one of entriesOf(tables)) {
    const { server, entry, member, written } = one;
    const steps = ["resources", server, entry, member];
    const pattern = read(one);
    if (!pattern.ok)
      mistakes.push(tables.mistake("resources", steps, { found: foundText(written), wanted: pattern.error }, pathText(steps)));
    const key = JSON.stringify([server, member, written]);
    const owner = first.get(key) ?? entry;
    first.set(key, owner);
    if (owner === entry) continue;
    const told = { found: `${foundText(written)}, which is also entry ${owner}`, wanted: "one entry for each" };
    mistakes.push(tables.mistake("resources", steps, told, pathText(steps)));
  }
  return mistakes;
}

/** Beginnings that entries of several servers share: where both fit, no server owns the URI. */
export function sharedUris(tables: Tables): string[] {
  const claims = new Map<string, Entry[]>();
  for (const one of entriesOf(tables)) {
    const server = tables.servers.servers[one.server];
    const pattern = read(one);
    if (server === undefined || !isInUse(server) || !pattern.ok) continue;
    const same = claims.get(pattern.value.literal);
    if (same === undefined) claims.set(pattern.value.literal, [one]);
    else same.push(one);
  }
  return [...claims].flatMap(([literal, entries]) => {
    if (new Set(entries.map(({ server }) => server)).size === 1) return [];
    const named = entries.map(({ server, entry }) => `${server}/${entry}`).join(", ");
    return [`resources ${named} all begin with ${foundText(literal)}: a URI that fits entries of two servers is not served at /mcp`];
  });
}
