import { didYouMean, foundText } from "../../core/mistakes.ts";
import type { Mistakes } from "../mistakes.ts";
import type { TableData } from "../tables/index.ts";
import { readCases, type WrittenCase } from "./case-files.ts";
import { expandCase } from "./expand.ts";
import { type Surroundings, stageFor } from "./stage.ts";
import type { GoldenCase, WholeCase } from "./whole-case.ts";

export interface CasesRead {
  readonly cases: readonly GoldenCase[];
  /** What is no mistake, and yet not what an author would expect. */
  readonly notes: readonly string[];
}

/**
 * Golden cases of a policies folder, each with its whole input. Without tables the short ones stand for nothing yet:
 * they are left out, and only what is wrong with their words is told.
 */
export async function goldenCases(
  policiesDir: string,
  tables: TableData | undefined,
  around: Surroundings,
  mistakes: Mistakes,
): Promise<CasesRead> {
  const written = await readCases(policiesDir, mistakes);
  const notes: string[] = [];
  if (tables === undefined) {
    const waiting = written.filter(({ form }) => form.kind === "short").length;
    if (waiting > 0) notes.push(`${waiting} golden cases name what stands in the tables; they are judged once the tables hold`);
    return { cases: written.flatMap(({ form, ...place }) => (form.kind === "whole" ? [whole(form.value, place)] : [])), notes };
  }
  const stage = written.some(({ form }) => form.kind === "short") ? stageFor(tables, around) : undefined;
  if (stage?.ok === false) mistakes.add({ file: "catalog", found: stage.error, wanted: "a catalog that cases can be written over" });
  const cases = written.flatMap((one): readonly GoldenCase[] => {
    const { form } = one;
    if (form.kind === "whole") {
      tellGone(one, form.value, tables);
      return [whole(form.value, one)];
    }
    const expanded = stage?.ok ? expandCase(one, form.value, stage.value, (note) => notes.push(note)) : undefined;
    return expanded === undefined ? [] : [expanded];
  });
  return { cases, notes };
}

function whole({ input, description, ...value }: WholeCase, { file, line }: Pick<WrittenCase, "file" | "line">): GoldenCase {
  return { ...value, input: JSON.stringify(input), ...(description !== undefined && { description }), file, line };
}

/** A whole case may be about what no gateway has, to prove that it is refused; one that lets it through is about the past. */
function tellGone({ tell }: WrittenCase, { input, want }: WholeCase, { catalog }: TableData): void {
  const server = memberOf(input.server, "id");
  const name = memberOf(input.tool, "name");
  const id = memberOf(input.tool, "id");
  const refused = want.effect === "deny" && want.known !== true;
  if (refused || input.phase !== "call" || server === undefined || name === undefined || id !== `${server}.${name}`) return;
  if (!Object.hasOwn(catalog.servers, server) || Object.hasOwn(catalog.tools[server] ?? {}, name)) return;
  const nearest = didYouMean(name, Object.keys(catalog.tools[server] ?? {}));
  const remedy = nearest ?? "take the case away with the tool, or catalogue it again";
  tell(["input", "tool", "id"], { found: foundText(id), wanted: `a tool of ${server} in catalog/tools.yaml`, remedy });
}

function memberOf(value: unknown, key: string): string | undefined {
  const member = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof member === "string" ? member : undefined;
}
