import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import { serverDefinition } from "../../parts/catalog/index.ts";
import type { PinsFile } from "../pins/index.ts";
import { fileOf, readTableFiles } from "./table-files.ts";

export interface CataloguedServer {
  readonly definition: ServerDefinition;
  /** What was approved before. */
  readonly pins?: PinsFile;
}

/** The servers of the tables, also while their tools are not pinned yet: pinning them is what it is for. */
export async function readServers(policiesDir: string): Promise<Result<ReadonlyMap<string, CataloguedServer>, readonly Mistake[]>> {
  const { tables, mistakes } = await readTableFiles(policiesDir);
  const own = mistakes.filter((mistake) => mistake.file === fileOf("servers"));
  if (own.length > 0) return err(own);
  const servers = new Map<string, CataloguedServer>();
  for (const [id, data] of Object.entries(tables.servers.servers)) {
    const pins = tables.pins.get(id);
    servers.set(id, { definition: serverDefinition(id, data), ...(pins === undefined ? {} : { pins }) });
  }
  return ok(servers);
}
