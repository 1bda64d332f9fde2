import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs", "performance.md"), "utf8");
const commands = [...new Set([...page.matchAll(/^node (bench\/\S+\.ts)/gm)].flatMap(([, file]) => file ?? []))];

function helpOf(file: string): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [file, "--help"], { cwd: root }, (error, out) => resolve({ code: error === null ? 0 : 1, out }));
  });
}

test("the page of figures names every file of the bench", () => {
  const files = readdirSync(join(root, "bench")).filter((name) => name.endsWith(".ts"));
  expect(files.filter((name) => !page.includes(name))).toEqual([]);
  const named = [...page.matchAll(/[`/]([a-z-]+\.ts)\b/g)].flatMap(([, name]) => name ?? []);
  expect(named.filter((name) => !files.includes(name))).toEqual([]);
});

test("each command of the page of figures starts, and says what it is for", { timeout: 120_000 }, async () => {
  const each = ["access", "build", "impact", "main", "memo", "prove", "shadow"];
  expect(commands.sort()).toEqual(each.map((name) => `bench/${name}.ts`));
  const helps = new Map(await Promise.all(commands.map(async (file) => [file, await helpOf(file)] as const)));
  for (const [file, { code, out }] of helps) {
    expect(code, file).toBe(0);
    expect(out, file).toContain(file === "bench/main.ts" ? "npm run bench" : `node ${file}`);
  }
  // The flags that the page writes are ones that the help knows.
  for (const [, file = "", flag = ""] of page.matchAll(/^node (bench\/\S+\.ts) (--[a-z]+)/gm))
    expect(helps.get(file)?.out, file).toContain(flag);
});
