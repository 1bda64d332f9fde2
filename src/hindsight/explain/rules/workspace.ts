import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { topLevelSpans } from "../../../core/json/index.ts";
import { type BundleContents, dataFile } from "../../../parts/bundle/index.ts";
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
  /** `data.json` as it lies there. */
  readonly dataText: string;
  remove(): Promise<void>;
}

/** What no rule can read: left out, because a catalog may be large. */
const unread: ReadonlySet<string> = new Set(["catalog", "cases"]);

export async function openWorkspace({ files }: BundleContents): Promise<Workspace> {
  const { path: folder, remove } = await scratchFolder("toolgate-explain-");
  const texts = [...files].flatMap(([path, bytes]) =>
    path.endsWith(".rego") ? [[path, Buffer.from(bytes).toString("utf8")] as const] : [],
  );
  const dataText = without(Buffer.from(files.get(dataFile) ?? Buffer.from("{}")).toString("utf8"), unread);
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
