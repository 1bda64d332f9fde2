import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, defaultScript } from "./brain.ts";
import type { Behaviour, Tool } from "./script.ts";
import type { Message, Received, RecordedCall, Script } from "./turn.ts";

export interface RecordingStdioOptions extends Partial<Script> {
  /** Written to stderr at the start. */
  readonly hello?: string;
  /** Ends at `server/discover`, as some servers of 2025 do at any message before initialize. */
  readonly dieOnDiscover?: boolean;
  /** Stays alive at SIGTERM and at the end of its input. */
  readonly ignoreTerm?: boolean;
}

export interface Started {
  readonly started: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly argv: readonly string[];
}

/** A recording server over stdio; the gateway starts its process. What it saw is kept in a folder of its own. */
export interface RecordingStdio {
  /** For the configuration: `places: { <name>: place }`. */
  readonly place: { readonly executable: "node"; readonly cwd: string; readonly paths: Readonly<Record<string, string>> };
  /** For the server's definition. */
  readonly argv: readonly string[];
  calls(): RecordedCall[];
  received(): Received[];
  /** Each start of the process, with its environment. */
  starts(): Started[];
  answer(tool: string, behaviour: Behaviour): void;
  setTools(tools: readonly Tool[]): void;
  /** Resolves as soon as the condition holds; looked at whenever the process records something. */
  when(condition: () => boolean): Promise<void>;
  /** Removes the folder. The process belongs to whoever started it. */
  close(): void;
}

export function recordingStdio(options: RecordingStdioOptions = {}): RecordingStdio {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "toolgate-stdio-")));
  const log = join(folder, "received.jsonl");
  let script: RecordingStdioOptions = { ...defaultScript(), ...options };
  const save = () => writeFileSync(join(folder, "script.json"), JSON.stringify(script));
  save();
  const lines = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1) : []).map((line) => JSON.parse(line));
  const received = (): Received[] =>
    lines()
      .filter((entry): entry is { raw: string } => typeof entry.raw === "string")
      .map(({ raw }) => ({ raw, message: JSON.parse(raw) as Message, headers: {} }));
  return {
    place: { executable: "node", cwd: folder, paths: { process: join(import.meta.dirname, "recording-stdio-process.ts"), folder } },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the argv template of a bundle is written this way
    argv: ["${paths.process}", "${paths.folder}"],
    received,
    calls: () => received().flatMap((one) => call(one) ?? []),
    starts: () => lines().filter((entry): entry is Started => typeof entry.started === "number"),
    answer(tool, behaviour) {
      script = { ...script, answers: { ...script.answers, [tool]: behaviour } };
      save();
    },
    setTools(tools) {
      script = { ...script, tools };
      save();
    },
    when: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return;
          watcher.close();
          resolve();
        };
        const watcher = watch(folder, look);
        look();
      }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
