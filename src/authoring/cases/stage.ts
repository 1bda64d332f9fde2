import { err, ok, type Result } from "../../core/result.ts";
import { type Rehearsal, rehearse } from "../../gateway/index.ts";
import { defaultTenant } from "../../parts/bundle/index.ts";
import { readCatalog } from "../../parts/catalog/index.ts";
import type { Policy } from "../../parts/policy/index.ts";
import type { TableData } from "../tables/index.ts";

/** Which bundle the inputs are written for. */
export interface Surroundings {
  /** By default the one that most of the servers have. */
  readonly environment?: string | undefined;
  readonly tenant?: string | undefined;
}

/** A gateway's own writer of inputs over tables that are not compiled yet. Nothing can be asked of it. */
export function stageFor(tables: TableData, around: Surroundings): Result<Rehearsal, string> {
  const { catalog } = tables;
  const { environment = usualEnvironment(catalog.servers), tenant = defaultTenant } = around;
  // Which packages judge a target is not part of an input, but each server must have its list of them.
  const index = Object.fromEntries([...Object.keys(catalog.servers), "_none"].map((server) => [server, []]));
  const read = readCatalog({ ...tables, index, index_kinds: {}, catalog: { ...catalog, rules: {}, worker: [], reads: {} } });
  if (!read.ok) return err(read.error.map(({ path, wanted }) => `${path}: ${wanted}`).join("; "));
  return ok(rehearse(nobody, read.value, { environment, tenant }));
}

/** The environment of most servers, the first by name among equals. */
function usualEnvironment(servers: TableData["catalog"]["servers"]): string {
  const count = new Map<string, number>();
  for (const { environment } of Object.values(servers)) count.set(environment, (count.get(environment) ?? 0) + 1);
  const [most] = [...count].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return most?.[0] ?? "none";
}

const unasked = (): never => {
  throw new Error("the inputs of cases are written before there is a policy to ask");
};
const nobody: Policy = { decide: unasked, discover: unasked, inspect: unasked, admit: unasked, mask: unasked, close: unasked };
