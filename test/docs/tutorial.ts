import { randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "vitest";
import { findOpa } from "../../src/authoring/index.ts";
import { launcher } from "../e2e/command.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { outputPattern, Walk } from "./walk.ts";

export interface TutorialOptions {
  /** Ports that the page names, each with one that is free here. */
  readonly ports: readonly number[];
  /** Told after each command, e.g. to put this machine's ports into a file that it wrote. */
  readonly after?: (block: Block, walk: Walk) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** A page whose every command is run, one after another, each on what the one before it left. */
export interface Tutorial {
  readonly blocks: readonly Block[];
  readonly walk: Walk;
  /** Does what the block at this place of the page says, and compares what comes of it. */
  follow(at: number): Promise<void>;
  end(): Promise<void>;
}

/** The page's own `toolgate` is the one of this checkout. */
export async function openTutorial(page: string, { ports, after, env = {} }: TutorialOptions): Promise<Tutorial> {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  const folder = mkdtempSync(join(tmpdir(), "toolgate-tutorial-"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "toolgate"), `#!/bin/sh\nexec "${process.execPath}" "${launcher}" "$@"\n`, { mode: 0o755 });
  mkdirSync(join(folder, "work"));
  const free = await freePorts(ports.length);
  let provider = "http://127.0.0.1:4401";
  // The demo's issuer keeps its name wherever its keys and tokens are fetched.
  const here = (text: string) =>
    ports
      .reduce((told, port, at) => told.replaceAll(String(port), String(free[at])), text)
      .replaceAll("http://127.0.0.1:4401/jwks", `${provider}/jwks`)
      .replaceAll(/^toolgate demo$/gm, "toolgate demo --port 0")
      .replaceAll("toolgate demo token", `toolgate demo token --endpoint ${provider}/token`);
  const path = `${bin}${delimiter}${env.PATH ?? process.env.PATH ?? ""}`;
  const walk = new Walk(join(folder, "work"), { ...process.env, ...env, PATH: path, TOOLGATE_OPA: opa.value.path }, here);
  const blocks = blocksOf(page);
  let failed: number | undefined;
  return {
    blocks,
    walk,
    async follow(at) {
      const block = blocks[at];
      if (block === undefined || block.language === "text" || block.note.startsWith("not run here")) return;
      if (failed !== undefined) throw new Error(`not tried: line ${failed} failed, and this goes on from there`);
      failed = block.line;
      const said = await act(walk, blocks, at, here);
      failed = undefined;
      provider = /--endpoint (\S+)\/token/.exec(said)?.[1] ?? provider;
      after?.(block, walk);
    },
    async end() {
      await walk.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What was said by what goes on; nothing where a command ended, and was compared. */
async function act(walk: Walk, blocks: readonly Block[], at: number, here: (text: string) => string): Promise<string> {
  const block = blocks[at];
  const next = blocks[at + 1];
  if (block === undefined) return "";
  const [what, file] = fileOf(block);
  if (what === "write") walk.write(file, block.text);
  if (what === "change") walk.change(file, block.text);
  if (what !== "") return "";
  const shown = next?.language === "text" ? here(next.text) : "";
  if (/\bterminal\b.*:$/.test(block.before)) return walk.begin(block, outputPattern(shown));
  const { code, said } = await walk.run(block);
  const wanted = /\bexit code (\d+)/i.exec(blocks.slice(at + 1).find(({ language }) => language !== "text")?.before ?? "")?.[1] ?? "0";
  if (!outputPattern(shown).test(said)) expect(said.trimEnd().split("\n")).toEqual(shown.trimEnd().split("\n"));
  expect(`exit code ${code}`, said).toBe(`exit code ${wanted}`);
  return "";
}

/** The last file that is named above a block, and what is done with it. */
export function fileOf({ before }: Block): readonly [act: string, file: string] {
  const [, act = "", file = ""] = /\b(write|change) `([^`]+)`:$/i.exec(before) ?? [];
  return [act.toLowerCase(), file];
}

/** Blocks that are neither commands, nor what they say, nor files to write or changes to make. */
export function oddBlocks(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter((block) => {
    if (block.language === "sh" || block.language === "text") return false;
    return fileOf(block)[0] !== (block.language === "diff" ? "change" : "write");
  });
}

/** Below what systems hand out by themselves: until the page's programs listen there, nobody else is given one of them. */
const PORTS = { from: 15_000, to: 30_000 } as const;

async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
