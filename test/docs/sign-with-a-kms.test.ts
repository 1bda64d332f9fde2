import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOpa } from "../../src/authoring/index.ts";
import { root } from "../e2e/command.ts";
import { blocksOf } from "./blocks.ts";
import { outputPattern, Walk } from "./walk.ts";

const folder = mkdtempSync(join(tmpdir(), "toolgate-kms-"));
let walk: Walk;

beforeAll(async () => {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(root, "bin/toolgate.cjs"), join(folder, "node_modules/.bin/toolgate"));
  cpSync(join(root, "policies"), join(folder, "policies"), { recursive: true });
  walk = new Walk(folder, { ...process.env, TOOLGATE_OPA: opa.value.path }, (text) => text);
});
afterAll(async () => {
  await walk.end();
  rmSync(folder, { recursive: true, force: true });
});

const blocks = blocksOf("docs/how-to/sign-with-a-kms.md");

describe("the page on key services", () => {
  test.each(blocks.map((block, at) => [block.line, block, blocks[at + 1]] as const))(
    "line %i does what the page says",
    async (_, block, next) => {
      const [, file] = /^file: (.*)$/.exec(block.note) ?? [];
      if (file !== undefined) writeFileSync(join(folder, file), block.text);
      else if (block.language === "sh" && !block.note.startsWith("not run here")) {
        const { code, said } = await walk.run(block);
        expect(code, said).toBe(0);
        if (next?.language === "text") expect(said).toMatch(outputPattern(next.text));
      }
    },
    60_000,
  );

  test("runs what it shows, but for what needs an account", () => {
    const commands = blocks.filter(({ language, note }) => language === "sh" && !note.startsWith("file: "));
    expect(commands.map(({ note }) => note).filter((note) => note !== "")).toEqual(Array(2).fill("not run here: needs an account"));
    expect(commands.length).toBeGreaterThan(5);
  });
});
