import { didYouMean, foundText } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { parseUri } from "../../core/uri.ts";
import type { Rehearsal, RehearsedTarget } from "../../gateway/index.ts";

/** What is found in place of a target, and what there is. */
export interface NoTarget {
  readonly found: string;
  readonly wanted: string;
  readonly remedy?: string | undefined;
}

/** A tool of the catalog by `server.tool`. One that is gone is told with the nearest that is there. */
export function toolNamed({ targets, catalog }: Rehearsal, id: string): Result<RehearsedTarget, NoTarget> {
  const tool = targets.tools.get(id);
  return tool === undefined ? err(missing("tool", id, targets.tools.keys(), catalog.servers.keys())) : ok(tool);
}

export function promptNamed({ targets, catalog }: Rehearsal, id: string): Result<RehearsedTarget, NoTarget> {
  const prompt = targets.prompts.get(id);
  return prompt === undefined ? err(missing("prompt", id, targets.prompts.keys(), catalog.servers.keys())) : ok(prompt);
}

/** A resource by its URI, as the aggregate finds its server. */
export function resourceAt({ targets }: Rehearsal, text: string): Result<RehearsedTarget, NoTarget> {
  const uri = parseUri(text);
  if (!uri.ok) return err({ found: foundText(text), wanted: "a URI" });
  const resource = targets.resource(undefined, uri.value);
  return resource === undefined ? err({ found: foundText(text), wanted: "a URI of an entry in catalog/resources.yaml" }) : ok(resource);
}

/** What a list offers: URIs and templates where there is a scheme, else tools and prompts by their ids. */
export function listedNamed(rehearsal: Rehearsal, text: string): Result<RehearsedTarget, NoTarget> {
  const { targets, catalog } = rehearsal;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) {
    const template = targets.template(undefined, text);
    return template === undefined ? resourceAt(rehearsal, text) : ok(template);
  }
  const found = targets.tools.get(text) ?? targets.prompts.get(text);
  if (found !== undefined) return ok(found);
  return err(missing("tool or prompt", text, [...targets.tools.keys(), ...targets.prompts.keys()], catalog.servers.keys()));
}

function missing(what: string, id: string, known: Iterable<string>, servers: Iterable<string>): NoTarget {
  const [server = ""] = id.split(".");
  const names = [...servers];
  const wanted = `a ${what} of the catalog, as server.name`;
  if (names.includes(server)) return { found: foundText(id), wanted, remedy: didYouMean(id, known) };
  const remedy = didYouMean(server, names) ?? didYouMean(id, known);
  return { found: `${foundText(id)}, of a server that is not in the catalog`, wanted, remedy };
}
