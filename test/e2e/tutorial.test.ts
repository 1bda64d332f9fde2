import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOpa } from "../../src/authoring/index.ts";
import { type Block, blocksOf } from "../docs/blocks.ts";
import { outputPattern, Walk } from "../docs/walk.ts";
import { launcher } from "./command.ts";

const PAGE = "docs/policy/tutorial.md";
const blocks = blocksOf(PAGE);
const folder = mkdtempSync(join(tmpdir(), "toolgate-tutorial-"));
let walk: Walk;
/** Where the page names the usual ports. */
let gatewayPort = 0;
let provider = "http://127.0.0.1:4401";

beforeAll(async () => {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  gatewayPort = await freePort();
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "toolgate"), `#!/bin/sh\nexec "${process.execPath}" "${launcher}" "$@"\n`, { mode: 0o755 });
  const git = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const author = { GIT_AUTHOR_NAME: "ann", GIT_AUTHOR_EMAIL: "ann@example.com" };
  const committer = { GIT_COMMITTER_NAME: "ann", GIT_COMMITTER_EMAIL: "ann@example.com" };
  const path = `${bin}${delimiter}${process.env.PATH ?? ""}`;
  mkdirSync(join(folder, "work"));
  const env = { ...process.env, ...git, ...author, ...committer, PATH: path, TOOLGATE_OPA: opa.value.path };
  walk = new Walk(join(folder, "work"), env, here);
});
afterAll(async () => {
  await walk?.end();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** The demo's issuer keeps its name wherever its keys and tokens are fetched. */
function here(text: string): string {
  return text
    .replaceAll("4480", String(gatewayPort))
    .replaceAll("http://127.0.0.1:4401/jwks", `${provider}/jwks`)
    .replaceAll(/^toolgate demo$/gm, "toolgate demo --port 0")
    .replaceAll("toolgate demo token", `toolgate demo token --endpoint ${provider}/token`);
}

/** The last file that is named above a block, and what is done with it. */
function fileOf({ before }: Block): readonly [act: string, file: string] {
  const [, act = "", file = ""] = /\b(write|change) `([^`]+)`:$/i.exec(before) ?? [];
  return [act.toLowerCase(), file];
}

async function follow(at: number): Promise<void> {
  const block = blocks[at];
  if (block === undefined || block.language === "text" || block.note.startsWith("not run here")) return;
  const [act, file] = fileOf(block);
  if (act === "write") return walk.write(file, block.text);
  if (act === "change") return walk.change(file, block.text);
  const next = blocks[at + 1];
  const shown = next?.language === "text" ? here(next.text) : "";
  if (/\bterminal\b.*:$/.test(block.before)) return goOn(block, shown);
  const { code, said } = await walk.run(block);
  const wanted = /\bexit code (\d+)/i.exec(blocks.slice(at + 1).find(({ language }) => language !== "text")?.before ?? "")?.[1] ?? "0";
  if (!outputPattern(shown).test(said)) expect(said.trimEnd().split("\n")).toEqual(shown.trimEnd().split("\n"));
  expect(`exit code ${code}`, said).toBe(`exit code ${wanted}`);
}

async function goOn(block: Block, shown: string): Promise<void> {
  const said = await walk.begin(block, outputPattern(shown));
  const endpoint = /--endpoint (\S+)\/token/.exec(said)?.[1];
  if (endpoint === undefined) return;
  provider = endpoint;
  walk.adapt("toolgate.local.yaml");
}

describe(PAGE, () => {
  // One after another, each on what the one before it left.
  test.each(blocks.map(({ line }, at) => [line, at] as const))("line %i is as the page says", async (_, at) => follow(at), 120_000);

  test("has no block but commands, what they say, files to write and changes to make", () => {
    const acts = blocks.map((block) => [block.language, fileOf(block)[0]]);
    const odd = acts.filter(([language, act]) => {
      if (language === "sh" || language === "text") return false;
      return language === "diff" ? act !== "change" : act !== "write";
    });
    expect(odd).toEqual([]);
    expect(acts.filter(([language]) => language === "text").length).toBeGreaterThan(15);
  });

  test("leaves a repository with everything in it, and the private key out of it", async () => {
    const tracked = await walk.run({ line: 0, language: "sh", note: "", before: "", text: "git ls-files\n" });
    expect(tracked.said).toContain("policies/policy/steps_test.rego");
    expect(tracked.said).not.toMatch(/\.pem$/m);
    expect(existsSync(join(walk.cwd, "key.pem"))).toBe(true);
  });
});

describe("what a page shows", () => {
  test("is all that a command said, but for what stands as …", () => {
    const shown = "at … it meets: allow\n…\nthe end\n";
    expect(outputPattern(shown).test("at 10:00 it meets: allow\nthis\nthat\nthe end\n")).toBe(true);
    expect(outputPattern(shown).test("at 10:00 it meets: allow\nthe end\n")).toBe(true);
    for (const other of ["at 10:00 it meets: deny\nthe end\n", "at 10:00 it meets: allow\nthe end\nmore\n", "the end\n"])
      expect(outputPattern(shown).test(other)).toBe(false);
    expect(outputPattern("a  b\n").test("a b\n")).toBe(false);
  });
});
