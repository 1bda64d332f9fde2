import { EventEmitter, once } from "node:events";
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BundleSource, fileSource, type SourceProblem } from "../../../../src/parts/bundle/index.ts";
import { manualClock } from "../../../../src/platform/clock.ts";

const clock = manualClock(Date.parse("2026-06-01T00:00:00Z"));
let folder: string;
let path: string;
let source: BundleSource | undefined;
let seen: string[];
let problems: SourceProblem[];
let events: EventEmitter;
/** Why what is handed over is not dealt with. */
let refuses = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "toolgate-source-"));
  path = join(folder, "bundle.tar.gz");
  seen = [];
  problems = [];
  events = new EventEmitter();
});
afterEach(async () => {
  await source?.close();
  source = undefined;
  await rm(folder, { recursive: true });
});

function open(more: { pollMs?: number; maxBytes?: number; file?: string } = {}): BundleSource {
  source = fileSource(more.file ?? path, {
    maxBytes: more.maxBytes ?? 1000,
    pollMs: more.pollMs ?? 60_000,
    settleMs: 5,
    clock,
    onCandidate: (bytes) => {
      seen.push(Buffer.from(bytes).toString());
      if (refuses !== "") throw new Error(refuses);
      events.emit(seen.at(-1) ?? "");
    },
    onProblem: (problem) => {
      problems.push(problem);
      events.emit("problem");
    },
  });
  return source;
}

describe("a bundle file", () => {
  it("is read when the source opens, and once only while it stays the same", async () => {
    await writeFile(path, "one");
    const opened = open();
    await opened.check();
    await opened.check();
    expect(seen).toEqual(["one"]);
  });

  it("is read again when it is written or another one is renamed over it", async () => {
    await writeFile(path, "one");
    await open().check();
    const two = once(events, "two");
    await writeFile(path, "two");
    await two;
    const three = once(events, "three");
    await writeFile(join(folder, "next"), "three");
    await rename(join(folder, "next"), path);
    await three;
    expect(seen.filter((text) => text !== "")).toEqual(["one", "two", "three"]);
  });

  it("with the same content in a new file is not handed over again", async () => {
    await writeFile(path, "one");
    const opened = open();
    await opened.check();
    await writeFile(join(folder, "next"), "one");
    await rename(join(folder, "next"), path);
    await opened.check();
    expect(seen).toEqual(["one"]);
  });

  it("that is written in pieces ends as its whole content", async () => {
    await writeFile(path, "o");
    await open().check();
    const whole = once(events, "one two three");
    for (const piece of ["ne", " two", " three"]) await appendFile(path, piece);
    await whole;
    expect(seen.at(-1)).toBe("one two three");
  });

  it("behind a link is read again when the link is exchanged, as volumes of a cluster do it", async () => {
    await mkdir(join(folder, "v1"));
    await mkdir(join(folder, "v2"));
    await writeFile(join(folder, "v1", "b"), "one");
    await writeFile(join(folder, "v2", "b"), "two");
    await symlink("v1", join(folder, "current"));
    await symlink("current/b", path);
    await open().check();
    const two = once(events, "two");
    await symlink("v2", join(folder, "next"));
    await rename(join(folder, "next"), join(folder, "current"));
    await two;
    expect(seen).toEqual(["one", "two"]);
  });

  it("that comes into a folder which did not exist is found by the poll", async () => {
    const late = join(folder, "later", "bundle.tar.gz");
    const problem = once(events, "problem");
    open({ pollMs: 10, file: late });
    await problem;
    const one = once(events, "one");
    await mkdir(join(folder, "later"));
    await writeFile(late, "one");
    await one;
    expect(problems).toHaveLength(1);
  });

  it("that is missing is told once, and again only after it was there", async () => {
    const opened = open();
    await opened.check();
    await opened.check();
    expect(problems).toMatchObject([{ code: "bundle.unreadable" }]);
    await writeFile(path, "one");
    await opened.check();
    await rm(path);
    await opened.check();
    expect(seen).toEqual(["one"]);
    expect(problems).toHaveLength(2);
  });

  it("that is too large is never read", async () => {
    await writeFile(path, "x".repeat(11));
    await open({ maxBytes: 10 }).check();
    expect(seen).toEqual([]);
    expect(problems).toMatchObject([{ code: "bundle.too_large" }]);
  });

  it("that could not be dealt with is handed over again at the next look, though it did not change", async () => {
    await writeFile(path, "one");
    refuses = "the disk cannot be read";
    const opened = open();
    await opened.check();
    expect(opened.status()).toMatchObject({ problem: { detail: expect.stringContaining("the disk cannot be read") } });
    const before = seen.length;
    refuses = "";
    await opened.check();
    await opened.check();
    expect(seen.slice(before)).toEqual(["one"]);
    expect(opened.status()).toMatchObject({ failures: 0 });
  });

  it("is not looked at any more after the source is closed", async () => {
    await writeFile(path, "one");
    const opened = open({ pollMs: 1 });
    await opened.check();
    await opened.close();
    await writeFile(path, "two");
    await opened.check();
    expect(seen).toEqual(["one"]);
  });
});
