import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Digest } from "../../../src/core/digest.ts";
import { type BundleStore, fileBundleStore } from "../../../src/parts/bundle/index.ts";

const one: Digest = `sha256:${"1".repeat(64)}`;
const other: Digest = `sha256:${"2".repeat(64)}`;
const bytes = Buffer.from("a bundle");

describe("the store of bundles", () => {
  let folder: string;
  let store: BundleStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "toolgate-store-"));
    store = fileBundleStore(join(folder, "bundles"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("is empty before anything was saved", async () => {
    expect(await store.digests()).toEqual(new Set());
    expect(await store.read(one)).toBeUndefined();
  });

  test("finds a candidate by its digest, and counts it as promoted only once it is", async () => {
    await store.saveCandidate(one, bytes);
    expect(Buffer.from((await store.read(one)) ?? [])).toEqual(bytes);
    expect(await store.digests()).toEqual(new Set());
    await store.save(one, bytes);
    expect(await store.digests()).toEqual(new Set([one]));
    expect(Buffer.from((await store.read(one)) ?? [])).toEqual(bytes);
  });

  test("goes on finding a candidate that was not promoted, beside what was", async () => {
    await store.save(one, bytes);
    await store.saveCandidate(other, Buffer.from("another"));
    const again = fileBundleStore(join(folder, "bundles"));
    expect(Buffer.from((await again.read(other)) ?? []).toString()).toBe("another");
    expect(await again.digests()).toEqual(new Set([one]));
  });

  test("keeps the latest few of those that were only brought, so that bringing bundles fills no disk", async () => {
    const digests = Array.from({ length: 9 }, (_, at): Digest => `sha256:${String(at).padStart(64, "0")}`);
    for (const digest of digests) await store.saveStaged(digest, bytes);
    expect(await readdir(join(folder, "bundles", "staged"))).toHaveLength(4);
    expect(Buffer.from((await store.read(digests[8] ?? one)) ?? [])).toEqual(bytes);
    expect(await store.read(digests[0] ?? one)).toBeUndefined();
    expect(await store.digests()).toEqual(new Set());
  });

  test("keeps what was begun, however many are brought after it", async () => {
    await store.saveStaged(one, bytes);
    await store.saveCandidate(one, bytes);
    await store.saveStaged(other, bytes);
    await store.save(other, bytes);
    expect(await readdir(join(folder, "bundles", "staged"))).toEqual([]);
    for (let at = 3; at < 9; at++) await store.saveStaged(`sha256:${String(at).repeat(64)}`, bytes);
    expect(Buffer.from((await store.read(one)) ?? [])).toEqual(bytes);
    expect(await store.digests()).toEqual(new Set([other]));
  });

  test("gives no archive beside it for a digest with a path in it, which another replica may send", async () => {
    await writeFile(join(folder, "secret.tar.gz"), "another archive");
    await store.save(one, bytes);
    for (const text of ["sha256:../secret", "sha256:", `sha256:${"1".repeat(63)}/../${"1".repeat(64)}`, `SHA256:${"1".repeat(64)}`])
      await expect(store.read(text as Digest)).rejects.toThrow("is no digest of a bundle");
    await expect(store.save("sha256:../written" as Digest, bytes)).rejects.toThrow("is no digest of a bundle");
    expect((await readdir(folder)).toSorted()).toEqual(["bundles", "secret.tar.gz"]);
  });
});
