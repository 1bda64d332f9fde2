import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { chmod, mkdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sha256 } from "../../../src/core/digest.ts";
import { ok } from "../../../src/core/result.ts";
import { fileOperations, withQuarantine } from "../../../src/parts/operations/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { operationsContract } from "../../contracts/operations.contract.ts";
import { entry, NOW } from "./sample-state.ts";

const key = { tenant: "default", environment: "test", name: "house" };

operationsContract("files", { alone: true }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "toolgate-operations-"));
  return {
    start: (replica, clock) => fileOperations(key, { folder, clock, replica }),
    end: async () => rmSync(folder, { recursive: true }),
  };
});

describe("operations in files", () => {
  let folder: string;
  let state: string;
  const clock = manualClock(NOW);
  const open = (over: object = {}) => fileOperations({ ...key, ...over }, { folder, clock, replica: "one" });
  const quarantined = async () => {
    const operations = await open();
    await operations.update((before) => ok(withQuarantine(before, entry("qua_1"))));
    await operations.close();
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "toolgate-operations-"));
    state = join(folder, "operations", "default@test@house", "state.json");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("are for the owner's eyes, and say their version", async () => {
    await quarantined();
    expect(statSync(state).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "operations")).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(state, "utf8"))).toMatchObject({ version: 1, ...key, state: { version: 1 } });
  });

  test.each([
    ["cut", () => truncateSync(state, 40)],
    ["empty", () => truncateSync(state, 0)],
    ["no JSON", () => writeFileSync(state, "nothing quarantined")],
    ["an unknown field", () => edit((file) => ({ ...file, more: true }))],
    [
      "a quarantine without a subject",
      () => edit((file) => ({ ...file, state: { ...file.state, quarantine: [{ ...entry("qua_1"), subject: 7 }] } })),
    ],
    ["another line of bundles", () => edit((file) => ({ ...file, environment: "production" }))],
  ])("a file that is broken is told with what to do, and never an empty state: %s", async (_, breakIt) => {
    await quarantined();
    breakIt();
    const opened = open();
    await expect(opened).rejects.toThrow(state);
    await expect(opened).rejects.toThrow("restore it from a backup");
  });

  test("a file of a newer gateway is refused", async () => {
    await quarantined();
    edit((file) => ({ ...file, version: 2 }));
    await expect(open()).rejects.toThrow("found version 2");
  });

  test("a file that cannot be read is not taken for none", async () => {
    await quarantined();
    await rename(state, `${state}.away`);
    await mkdir(state);
    await expect(open()).rejects.toThrow("cannot read");
  });

  test("each line of bundles has its own", async () => {
    await quarantined();
    const other = await open({ environment: "production" });
    expect(other.current().quarantine).toEqual([]);
    await other.close();
  });

  test("a change that the disk does not take is refused and does not count, and the next one does", async () => {
    const operations = await open();
    await operations.update((before) => ok(withQuarantine(before, entry("qua_1"))));
    const heard: number[] = [];
    operations.onChange(({ version }) => heard.push(version));
    await mkdir(`${state}.new`);
    expect(await operations.update((before) => ok(withQuarantine(before, entry("qua_2"))))).toMatchObject({
      error: { code: "gateway.operations_unavailable", detail: expect.stringContaining("cannot write") },
    });
    expect(operations.current().version).toBe(1);
    expect(heard).toEqual([]);
    rmSync(`${state}.new`, { recursive: true });
    expect(await operations.update((before) => ok(withQuarantine(before, entry("qua_3"))))).toMatchObject({ value: { version: 2 } });
    await operations.close();
  });

  test("counts are written after a while, and what was not written yet at close", async () => {
    const operations = await fileOperations(key, { folder, clock, replica: "one", flushMs: 1 });
    await operations.count("rol_1", { flips: { same: 1 }, skipped: 0, differences: [] });
    await vi.waitFor(() => expect(readFileSync(state, "utf8")).toContain('"rol_1"'));
    await operations.close();
    const again = await open();
    await again.count("rol_1", { flips: { same: 1, new_deny: 1 }, skipped: 3, differences: [] });
    await again.close();
    const last = await open();
    expect(await last.counts("rol_1")).toMatchObject({ value: { compared: 3, skipped: 3, flips: { same: 2, new_deny: 1 } } });
    await last.close();
  });

  test("bundles stand beside it, each in a file by its digest", async () => {
    const operations = await open();
    await operations.saveBundle(sha256("a"), Uint8Array.of(1, 2));
    const bundles = join(folder, "operations", "default@test@house", "bundles");
    expect(readdirSync(bundles)).toEqual([`${sha256("a").slice(7)}.tar.gz`]);
    await chmod(bundles, 0o700);
    rmSync(join(bundles, `${sha256("a").slice(7)}.tar.gz`));
    await mkdir(join(bundles, `${sha256("a").slice(7)}.tar.gz`));
    expect(await operations.readBundle(sha256("a"))).toMatchObject({ error: { code: "gateway.operations_unavailable" } });
    await operations.close();
  });

  function edit(change: (file: { state: object }) => object): void {
    writeFileSync(state, JSON.stringify(change(JSON.parse(readFileSync(state, "utf8")))));
  }
});
