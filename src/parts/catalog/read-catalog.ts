import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { BundleCatalog } from "./bundle-catalog.ts";
import type { Catalog } from "./catalog.ts";
import { type CatalogMistake, crossMistakes, definitionMistakes } from "./catalog-mistakes.ts";
import { readResources } from "./read-resources.ts";
import { bundleSchema } from "./schema.ts";

/** Reads the catalog out of a bundle's parsed `data.json`. Everything is checked, every mistake is told, nothing is repaired. */
export function readCatalog(data: unknown): Result<Catalog, readonly CatalogMistake[]> {
  const parsed = bundleSchema.safeParse(data);
  if (!parsed.success)
    return err(mistakesOf(bundleSchema, data, parsed.error.issues).map(({ path, found, wanted }) => ({ path, found, wanted })));
  const mistakes = [...crossMistakes(parsed.data), ...definitionMistakes(parsed.data.catalog)];
  const resources = readResources(parsed.data.catalog.resources, mistakes);
  return mistakes.length > 0 ? err(mistakes) : ok(new BundleCatalog(parsed.data, resources));
}
