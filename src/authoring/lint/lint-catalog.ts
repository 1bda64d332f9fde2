import { resolve } from "node:path";
import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Listing } from "../../parts/upstream/index.ts";
import type { PinsFile } from "../pins/index.ts";
import { readCataloguedTools } from "../tables/index.ts";
import type { LintItem } from "./finding.ts";
import { readLintFile } from "./lint-file.ts";
import { type LintResult, lintServer } from "./lint-server.ts";

type Offered = Pick<Listing, "tools" | "prompts" | "templates"> | PinsFile;

/** Lints what servers of one policies folder offer, beside what the others have. */
export interface CatalogLint {
  /** What the server offers now, or what is pinned of it. */
  lint(server: string, offered: Offered): LintResult;
}

export async function openLint(policiesDir: string): Promise<Result<CatalogLint, readonly Mistake[]>> {
  const folder = resolve(policiesDir);
  const catalogued = await readCataloguedTools(folder);
  if (!catalogued.ok) return catalogued;
  const { servers, effects } = catalogued.value;
  const file = await readLintFile(folder, servers.keys());
  if (!file.ok) return err(file.error);
  return ok({
    lint(server, offered) {
      const { required, forbidden, accepted } = file.value.of(server);
      const others = new Map([...servers].filter(([id]) => id !== server));
      const items = itemsOf(offered).map((item): LintItem => {
        const known = item.kind === "tool" ? effects(server, item.name) : undefined;
        return known === undefined ? item : { ...item, effects: known };
      });
      return lintServer({ server, items, others, required, forbidden }, accepted);
    },
  });
}

function itemsOf(offered: Offered): readonly LintItem[] {
  const entries = (kind: LintItem["kind"], table: Offered[keyof Pick<Offered, "tools" | "prompts" | "templates">]): readonly LintItem[] =>
    [...(table instanceof Map ? table : new Map(Object.entries(table)))].map(([name, { definition }]) => ({ kind, name, definition }));
  return [...entries("tool", offered.tools), ...entries("prompt", offered.prompts), ...entries("template", offered.templates)];
}
