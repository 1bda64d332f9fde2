import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../../src/core/digest.ts";
import { checkSequence, fileSequenceFloor, memorySequenceFloor } from "../../../src/parts/bundle/index.ts";

const key = { name: "demo", tenant: "default", environment: "test" };
const first = { sequence: 3, digest: sha256("first") };
const second = { sequence: 4, digest: sha256("second") };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "toolgate-floor-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a bundle may follow", () => {
  const code = (...args: Parameters<typeof checkSequence>) => {
    const checked = checkSequence(...args);
    return checked.ok ? "taken" : checked.error.code;
  };
  it("where nothing was promoted yet, unless the configuration sets a floor", () => {
    expect(code(undefined, { sequence: 1, digest: first.digest })).toBe("taken");
    expect(code(undefined, { sequence: 1, digest: first.digest }, 2)).toBe("bundle.older_sequence");
  });
  it("with a higher sequence, or the same one and the same content", () => {
    expect(code(first, second)).toBe("taken");
    expect(code(first, first)).toBe("taken");
  });
  it("never with an older sequence, and the higher of the two floors wins", () => {
    expect(code(second, first)).toBe("bundle.older_sequence");
    expect(code(first, second, 5)).toBe("bundle.older_sequence");
    expect(code(second, second, 1)).toBe("taken");
  });
  it("never with the same sequence and other content", () => {
    expect(code(first, { sequence: 3, digest: second.digest })).toBe("bundle.same_sequence_other_content");
  });
});

describe.each([
  ["in memory", () => memorySequenceFloor()],
  ["in a file", () => fileSequenceFloor(folder)],
])("the floor %s", (_, open) => {
  it("is kept for each name, tenant and environment", async () => {
    const floor = open();
    expect(await floor.read(key)).toBeUndefined();
    await floor.raise(key, first);
    expect(await floor.read(key)).toEqual(first);
    expect(await floor.read({ ...key, tenant: "acme" })).toBeUndefined();
    expect(await floor.read({ ...key, environment: "prod" })).toBeUndefined();
    expect(await floor.read({ ...key, name: "other" })).toBeUndefined();
  });
  it("only rises", async () => {
    const floor = open();
    await floor.raise(key, second);
    await floor.raise(key, second);
    await expect(floor.raise(key, first)).rejects.toThrow(RangeError);
    await expect(floor.raise(key, { ...second, digest: first.digest })).rejects.toThrow(RangeError);
    expect(await floor.read(key)).toEqual(second);
  });
  it("keeps all of several that rise at once", async () => {
    const floor = open();
    const names = ["a", "b", "c", "d"];
    await Promise.all(names.map((name) => floor.raise({ ...key, name }, first)));
    for (const name of names) expect(await floor.read({ ...key, name })).toEqual(first);
  });
});

describe("the floor's file", () => {
  it("survives the process, is private, and leaves nothing else behind", async () => {
    await fileSequenceFloor(folder).raise(key, first);
    expect(await fileSequenceFloor(folder).read(key)).toEqual(first);
    expect(await readdir(folder)).toEqual(["bundle-sequence.json"]);
    expect((await stat(join(folder, "bundle-sequence.json"))).mode & 0o777).toBe(0o600);
  });
  it("stays as it was when the next one could not be written to its end", async () => {
    const floor = fileSequenceFloor(folder);
    await floor.raise(key, first);
    await writeFile(join(folder, "bundle-sequence.json.new"), '{"version":1,"flo');
    expect(await fileSequenceFloor(folder).read(key)).toEqual(first);
    await floor.raise(key, second);
    expect(JSON.parse(await readFile(join(folder, "bundle-sequence.json"), "utf8")).floors["default/test/demo"]).toEqual(second);
  });
  it("that is broken stops everything; it is never read as no floor", async () => {
    for (const text of ["", "{", '{"version":2,"floors":{}}', '{"version":1,"floors":{"default/test/demo":{"sequence":0}}}']) {
      await writeFile(join(folder, "bundle-sequence.json"), text);
      await expect(fileSequenceFloor(folder).read(key)).rejects.toThrow("broken sequence file");
      await expect(fileSequenceFloor(folder).raise(key, second)).rejects.toThrow("broken sequence file");
    }
  });
});
