import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Workbench } from "../../../authoring/index.ts";
import { topLevelSpans } from "../../../core/json/index.ts";
import { scratchFolder } from "../../../platform/scratch-folder.ts";

/** The bundle's own sources and data on disk, for OPA. */
export interface Workspace {
  readonly folder: string;
  /** Below `folder`; for arguments of OPA. */
  readonly sources: readonly string[];
  /** Author files by path, with the package that each declares. */
  readonly authorFiles: ReadonlyMap<string, string>;
  /** Whether a rule asks for the time of its evaluation, which is the one of the decision. */
  readonly readsClock: boolean;
  /** What rules can read of the data, as it lies there. */
  readonly dataText: string;
  remove(): Promise<void>;
}

const dataFile = "data.json";

export async function openWorkspace({ modules, policyData: dataText }: Pick<Workbench, "modules" | "policyData">): Promise<Workspace> {
  const { path: folder, remove } = await scratchFolder("toolgate-explain-");
  const texts = [...modules];
  try {
    for (const [path, text] of [...texts, [dataFile, dataText] as const]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  const authorFiles = new Map(
    texts.flatMap(([path, text]) => {
      const name = /^package\s+policy\.([A-Za-z_][A-Za-z0-9_]*)/m.exec(text)?.[1];
      return name === undefined ? [] : [[path, name] as const];
    }),
  );
  const sources = [...new Set(texts.map(([path]) => path.split("/")[0] ?? path)), dataFile];
  return { folder, sources, authorFiles, dataText, readsClock: texts.some(([, text]) => text.includes("now_ns")), remove };
}

/** A JSON object as it is written, some of its members left out: numbers that a double cannot hold stay what they are. */
export function without(text: string, members: ReadonlySet<string>): string {
  const kept = [...topLevelSpans(text)].filter(([name]) => !members.has(name));
  return `{${kept.map(([name, { start, end }]) => `${JSON.stringify(name)}:${text.slice(start, end)}`).join(",")}}`;
}
