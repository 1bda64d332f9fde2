import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { BundleCatalog } from "./bundle-catalog.ts";
import type { Catalog } from "./catalog.ts";
import { type CatalogMistake, crossMistakes, definitionMistakes } from "./catalog-mistakes.ts";
import { readResources } from "./read-resources.ts";
import { type BundleData, bundleSchema } from "./schema.ts";

/** Reads the catalog out of a bundle's parsed `data.json`. Everything is checked, every mistake is told, nothing is repaired. */
export function readCatalog(data: unknown): Result<Catalog, readonly CatalogMistake[]> {
  const parsed = readBundleData(data);
  if (!parsed.ok) return parsed;
  const mistakes = [...crossMistakes(parsed.value), ...definitionMistakes(parsed.value.catalog)];
  const resources = readResources(parsed.value.catalog.resources, mistakes);
  return mistakes.length > 0 ? err(mistakes) : ok(new BundleCatalog(parsed.value, resources));
}

/** The same part of `data.json` as its tables stand there, for those who look at more than a gateway does. */
export function readBundleData(data: unknown): Result<BundleData, readonly CatalogMistake[]> {
  const parsed = bundleSchema.safeParse(data);
  if (parsed.success) return ok(parsed.data);
  return err(mistakesOf(bundleSchema, data, parsed.error.issues).map(({ path, found, wanted }) => ({ path, found, wanted })));
}
