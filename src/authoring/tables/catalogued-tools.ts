import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Effect } from "../../parts/catalog/index.ts";
import { fileOf, readTableFiles } from "./table-files.ts";

/** What the tables know of tools, also of those that are not pinned yet. */
export interface CataloguedTools {
  /** Names of tools by server, catalogued or pinned. */
  readonly servers: ReadonlyMap<string, readonly string[]>;
  effects(server: string, tool: string): readonly Effect[] | undefined;
}

export async function readCataloguedTools(policiesDir: string): Promise<Result<CataloguedTools, readonly Mistake[]>> {
  const { tables, mistakes } = await readTableFiles(policiesDir);
  const own = mistakes.filter(({ file }) => file === fileOf("servers") || file === fileOf("tools"));
  if (own.length > 0) return err(own);
  const known = (server: string) => (Object.hasOwn(tables.tools.tools, server) ? tables.tools.tools[server] : undefined) ?? {};
  const servers = Object.keys(tables.servers.servers).map((id) => {
    const pinned = Object.keys(tables.pins.get(id)?.tools ?? {});
    return [id, [...new Set([...Object.keys(known(id)), ...pinned])]] as const;
  });
  return ok({
    servers: new Map(servers),
    effects(server, tool) {
      const tools = known(server);
      return Object.hasOwn(tools, tool) ? tools[tool]?.effects : undefined;
    },
  });
}
