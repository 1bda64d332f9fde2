import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { matters, watchFolder } from "../../../src/authoring/dev/index.ts";

test("what a round writes leads to no other round, wherever it is written", () => {
  expect(matters("/p", ".toolgate/dev/bundle.tar.gz")).toBe(false);
  expect(matters("/p", ".git/index")).toBe(false);
  expect(matters("/p", "out/bundle.tar.gz", "/p/out")).toBe(false);
  expect(matters("/p", "out", "/p/out")).toBe(false);
  expect(matters("/p", "outer/a.rego", "/p/out")).toBe(true);
});

test("a file of the author does, and what an editor leaves beside it does not", () => {
  for (const name of ["policy/refunds.rego", "catalog/tools.yaml", null]) expect(matters("/p", name)).toBe(true);
  for (const name of ["policy/.refunds.rego.swp", "policy/refunds.rego~", "policy/4913", "cases/a.swx"])
    expect(matters("/p", name)).toBe(false);
});

test("every change is told, however an editor saves and whatever became of the file or its folder before", async () => {
  const root = mkdtempSync(join(tmpdir(), "toolgate-watch-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = join(root, "policies");
  mkdirSync(join(folder, "policy"), { recursive: true });
  let heard = Promise.withResolvers<void>();
  const watcher = watchFolder(folder, () => heard.resolve());
  onTestFinished(() => watcher.close());
  const file = join(folder, "policy/refunds.rego");
  const write = (path: string) => writeFileSync(path, String(Math.random()));
  const swap = (path: string) => {
    write(join(root, "next"));
    renameSync(join(root, "next"), path);
  };
  const deep = join(folder, "more/deep/a.rego");
  const steps: readonly (() => void)[] = [
    () => write(file),
    () => swap(file),
    () => swap(file),
    () => write(file),
    () => rmSync(file),
    () => write(file),
    () => mkdirSync(dirname(deep), { recursive: true }),
    () => write(deep),
    () => swap(deep),
    () => rmSync(join(folder, "more"), { recursive: true }),
    () => mkdirSync(dirname(deep), { recursive: true }),
    () => swap(deep),
    () => renameSync(join(folder, "more"), join(folder, "other")),
    () => write(join(folder, "other/deep/a.rego")),
  ];
  for (const step of steps) {
    heard = Promise.withResolvers<void>();
    step();
    await heard.promise;
  }
});
