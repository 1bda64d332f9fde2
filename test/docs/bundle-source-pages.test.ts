import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { readConfig } from "../../src/app/index.ts";
import { launcher, root } from "../e2e/command.ts";
import { blocksOf } from "./blocks.ts";

const pages = ["docs/how-to/serve-bundles-over-http.md", "docs/how-to/keep-bundles-in-a-registry.md"];
const folder = mkdtempSync(join(tmpdir(), "toolgate-pages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base = {
  version: 1,
  data_dir: "./data",
  listen: { host: "127.0.0.1", port: 0 },
  public_url: "https://gate.example.com",
  issuers: [{ issuer: "https://login.example.com", audience: "https://gate.example.com" }],
};

describe.each(pages)("%s", (page) => {
  const blocks = blocksOf(page);

  test("has parts of a configuration that are such parts", async () => {
    const parts = blocks.filter(({ note }) => note === "a part of toolgate.yaml");
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts) {
      const file = join(folder, "toolgate.yaml");
      writeFileSync(file, stringify({ ...base, ...parse(part.text) }));
      expect(await readConfig(file)).toMatchObject({ ok: true });
    }
  });

  test("has only commands and options that there are", () => {
    for (const block of blocks.filter(({ language }) => language === "sh")) {
      const [, ...words] = block.text.replaceAll("\\\n", " ").trim().split(/\s+/);
      const command = words.slice(1, 3);
      const { stdout, status } = spawnSync(process.execPath, [launcher, ...command, "--help"], { encoding: "utf8" });
      expect(status).toBe(0);
      for (const option of words.filter((word) => word.startsWith("--"))) expect(stdout).toContain(option);
    }
  });
});

test("the page names every reason and every metric that the source has", () => {
  const text = readFileSync(join(root, pages[0] ?? ""), "utf8");
  const codes = [...readFileSync(join(root, "src/parts/bundle/sources/source.ts"), "utf8").matchAll(/"(source\.\w+)"/g)].map(
    ([, code]) => code,
  );
  const metrics = [...readFileSync(join(root, "src/app/source-metrics.ts"), "utf8").matchAll(/"(toolgate_\w+)"/g)].map(([, name]) => name);
  expect([codes.length > 10, metrics.length > 4]).toEqual([true, true]);
  for (const word of [...codes, ...metrics]) expect(text).toContain(`\`${word}\``);
  const told = [...text.matchAll(/^\| `(source\.\w+)`/gm)].map(([, code]) => code);
  expect(told.sort()).toEqual([...new Set(codes)].sort());
});
