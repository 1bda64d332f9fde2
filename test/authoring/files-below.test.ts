import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesBelow } from "../../src/authoring/files-below.ts";

const place = mkdtempSync(join(tmpdir(), "toolgate-below-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

function made(name: string): string {
  const folder = join(place, name);
  mkdirSync(join(folder, "policy/deep"), { recursive: true });
  writeFileSync(join(folder, "policy/a.rego"), "");
  writeFileSync(join(folder, "policy/deep/b.rego"), "");
  return folder;
}

test("links that lead in circles end, and every file is named by its own place", async () => {
  const folder = made("circles");
  symlinkSync(".", join(folder, "again"));
  symlinkSync("..", join(folder, "policy/up"));
  symlinkSync("../policy", join(folder, "policy/aa"));
  symlinkSync("self", join(folder, "self"));
  expect(await filesBelow(folder)).toEqual(["policy/a.rego", "policy/deep/b.rego", "self"]);
});

test("a rule in a folder that a link leads to is not lost", async () => {
  const folder = made("linked");
  const shared = join(place, "shared");
  mkdirSync(shared);
  writeFileSync(join(shared, "deny.rego"), "");
  symlinkSync(shared, join(folder, "policy/shared"));
  expect(await filesBelow(folder)).toContain("policy/shared/deny.rego");
});

test("a folder that is not there has no files", async () => {
  expect(await filesBelow(join(place, "nowhere"))).toEqual([]);
});
