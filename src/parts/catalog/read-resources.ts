import { foundText, pathText } from "../../core/mistakes.ts";
import type { CatalogResource } from "./catalog.ts";
import type { CatalogMistake } from "./catalog-mistakes.ts";
import type { CatalogData } from "./schema.ts";
import { readUriPattern, readUriTemplate } from "./uri-pattern.ts";

/** Entries of resources by server and by their own id. */
export type Resources = ReadonlyMap<string, ReadonlyMap<string, CatalogResource>>;

/** Compiles the entries of resources. An entry whose pattern cannot be read is a mistake and left out. */
export function readResources(resources: CatalogData["resources"], mistakes: CatalogMistake[]): Resources {
  const read = new Map<string, ReadonlyMap<string, CatalogResource>>();
  for (const [server, rows] of Object.entries(resources)) {
    const entries = new Map<string, CatalogResource>();
    for (const [entry, { uri, template, data_classes: dataClasses }] of Object.entries(rows)) {
      const written = template?.definition.uriTemplate ?? uri ?? "";
      const pattern = template === undefined ? readUriPattern(written) : readUriTemplate(written);
      if (pattern.ok) entries.set(entry, { server, entry, ...pattern.value, dataClasses, ...(template && { template }) });
      else {
        const steps = ["catalog", "resources", server, entry, template === undefined ? "uri" : "template"];
        mistakes.push({ path: pathText(steps), found: foundText(written), wanted: pattern.error });
      }
    }
    read.set(server, entries);
  }
  return read;
}
