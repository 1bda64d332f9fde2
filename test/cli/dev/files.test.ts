import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { throwAwayKey } from "../../../src/authoring/index.ts";
import { openDevFiles } from "../../../src/cli/dev/files.ts";

const place = mkdtempSync(join(tmpdir(), "toolgate-dev-files-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));
const { keyring } = throwAwayKey();

test("a link in the folder of a sitting is refused, and nothing is written through it", async () => {
  const elsewhere = join(place, "elsewhere");
  for (const name of ["keyring.json", "bundle.tar.gz", "data"]) {
    const folder = join(place, `links-${name}`);
    mkdirSync(folder);
    symlinkSync(elsewhere, join(folder, name));
    const opened = await openDevFiles(folder, keyring);
    expect(opened.ok ? "" : opened.error).toContain("is a link");
    expect(existsSync(elsewhere)).toBe(false);
  }
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(place, "link"));
  expect((await openDevFiles(join(place, "link"), keyring)).ok).toBe(false);
});

test("a link under the name of a half-written file is taken away, and not written through", async () => {
  const folder = join(place, "next");
  const victim = join(place, "victim");
  mkdirSync(folder);
  writeFileSync(victim, "mine");
  for (const name of ["keyring.json.next", "bundle.tar.gz.next"]) symlinkSync(victim, join(folder, name));
  const opened = await openDevFiles(folder, keyring);
  if (!opened.ok) throw new Error(opened.error);
  await opened.value.writeBundle(new TextEncoder().encode("bundle"));
  expect(readFileSync(victim, "utf8")).toBe("mine");
  expect(lstatSync(opened.value.bundle).isFile() && lstatSync(opened.value.keyring).isFile()).toBe(true);
  expect(statSync(opened.value.keyring).mode & 0o077).toBe(0);
});

test("what cannot be read as a keyring is not taken for none", async () => {
  const folder = join(place, "odd");
  mkdirSync(join(folder, "keyring.json"), { recursive: true });
  await expect(openDevFiles(folder, keyring)).rejects.toThrow("EISDIR");
});
