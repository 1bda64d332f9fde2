import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toolgate } from "../../e2e/command.ts";
import { needOpa, temporaryFolder } from "../bundle/tools.ts";

const root = join(import.meta.dirname, "../../..");
const bundle = join(root, "bundles/demo.tar.gz");
let folder = "";
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await temporaryFolder();
  env = { ...process.env, TOOLGATE_OPA: (await needOpa()).path, NO_COLOR: "1" };
});
afterAll(() => rm(folder, { recursive: true }));

const matrix = (...args: readonly string[]) => toolgate(["policy", "matrix", ...args], { cwd: root, env });

describe("toolgate policy matrix", () => {
  test("shows of a policy folder what the page on it shows", async () => {
    const page = await readFile(join(root, "docs/how-to/see-who-may-use-what.md"), "utf8");
    const [, command = "", shown] = /```sh\nnpx toolgate (.*)\n```\n\n```text\n([\s\S]*?)```/.exec(page) ?? [];
    const args = command.split(" ").map((word) => word.replace(".toolgate/", ""));
    const { code, out } = await toolgate(args, { cwd: root, env });
    expect({ code, out }).toEqual({ code: 0, out: shown });
  });

  test("reads a bundle without OPA and gives one JSON object, the same as with --format json", async () => {
    const options = { cwd: root, env: { ...env, TOOLGATE_OPA: "", PATH: "" } };
    const flags = ["--at", "2026-03-03T11:00:00Z", "--agent", "reporter"];
    const json = await toolgate(["policy", "matrix", bundle, "--json", ...flags], options);
    const told = JSON.parse(json.out);
    expect([json.code, told.ok, told.rows.length, told.at]).toEqual([0, true, 1, "2026-03-03T11:00:00.000Z"]);
    expect((await toolgate(["policy", "matrix", bundle, "--format", "json", ...flags], options)).out).toBe(json.out);
  });

  test("writes a page and a CSV file, and prints nothing then", async () => {
    for (const format of ["html", "csv"]) {
      const file = join(folder, `access.${format}`);
      const { code, out } = await matrix(bundle, "--format", format, "-o", file);
      expect([code, out]).toEqual([0, ""]);
      expect(await readFile(file, "utf8")).toContain("support-bot");
    }
    const printed = await matrix(bundle, "--format", "csv");
    expect(printed.out).toBe(await readFile(join(folder, "access.csv"), "utf8"));
  });

  test("ends with 69 where the file cannot be written or there is nothing to read", async () => {
    const unwritable = await matrix(bundle, "--format", "csv", "-o", join(folder, "no/such/folder.csv"));
    expect(unwritable.code).toBe(69);
    expect(unwritable.err).toContain("cannot be written");
    expect((await matrix("no-such-folder")).code).toBe(69);
  });

  test("ends with 2 where the command line is wrong", async () => {
    for (const flags of [
      ["--format", "pdf"],
      ["--kind", "agents"],
      ["--at", "noon"],
      ["--groups", "a,,b"],
    ]) {
      expect((await matrix(bundle, ...flags)).code).toBe(2);
    }
  });
});
