import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findOpa, type Opa } from "../../src/authoring/index.ts";
import { type Ended, exitOf, launcher, lives, run, start, toolgate, treeOf } from "./command.ts";

// Each test runs the command several times, and each run is a process of its own.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), "toolgate-bad-input-"));
const right = join(folder, "right/policies");
let opa: Opa;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const found = await findOpa({ env: process.env });
  if (!found.ok) throw new Error(found.error);
  opa = found.value;
  env = { ...process.env, TOOLGATE_OPA: opa.path };
  const made = await toolgate(["policy", "init", join(folder, "right")]);
  expect(made.code, made.err).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bundle = ["--name", "x", "--revision", "x", "--sequence", "1", "--expires", "2030-01-01T00:00:00Z", "--environment", "dev"];
type Command = (policies: string) => readonly string[];
const needOpa: Readonly<Record<string, Command>> = {
  "policy check": (dir) => ["policy", "check", dir],
  "policy test": (dir) => ["policy", "test", dir],
  "policy bench": (dir) => ["policy", "bench", dir],
  "policy matrix": (dir) => ["policy", "matrix", dir],
  "policy diff": (dir) => ["policy", "diff", dir, dir],
  "policy prove": (dir) => ["policy", "prove", dir, join(right, "invariants.yaml")],
  dev: (dir) => ["dev", dir, "--once", "--out", join(folder, "dev")],
  "bundle build": (dir) => ["bundle", "build", dir, "--out", join(folder, "x.tar.gz"), ...bundle],
};
const readTables: Readonly<Record<string, Command>> = {
  "policy add": (dir) => ["policy", "add", "read-only", "--policies", dir, "--server", "everything"],
  "catalog lint": (dir) => ["catalog", "lint", "everything", "--policies", dir],
  "catalog pin": (dir) => [
    "catalog",
    "pin",
    "everything",
    "--check",
    "--policies",
    dir,
    "--config",
    join(folder, "right/toolgate.local.yaml"),
  ],
};

/** A repository of its own with these files changed; null takes one away. */
function repository(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = join(folder, name);
  cpSync(right, dir, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

function appended(path: string, text: string): Readonly<Record<string, string>> {
  return { [path]: `${readFileSync(join(right, path), "utf8")}${text}` };
}

/** What holds of every failure: no stack, one JSON document on standard output, and nothing else there. */
function orderly({ out, err }: Ended): unknown {
  expect(out + err).not.toMatch(/\n\s+at .*:\d+|failed unexpectedly/);
  return JSON.parse(out);
}

const rule = (name: string, body: string) => `# METADATA\n# custom:\n#   servers: [everything]\npackage policy.${name}\n\n${body}`;

/** Each with a word of what is told, and its line. */
const mistakes: Readonly<
  Record<string, { readonly files: () => Readonly<Record<string, string | Uint8Array>>; readonly found: string; readonly at: string }>
> = {
  "YAML that is not YAML": {
    files: () => ({ "catalog/servers.yaml": "version: 1\nservers:\n\teverything: {}\n" }),
    found: "a tab at the beginning of a line",
    at: "catalog/servers.yaml:3",
  },
  "bytes that are no text": {
    files: () => ({
      "catalog/roles.yaml": Buffer.concat([readFileSync(join(right, "catalog/roles.yaml")), Buffer.from([0x23, 0xff, 0xfe, 0x0a])]),
    }),
    found: "bytes that are no text in UTF-8",
    at: "catalog/roles.yaml:10",
  },
  "a table without anything in it": { files: () => ({ "catalog/roles.yaml": "" }), found: "null", at: "catalog/roles.yaml:1" },
  "Rego that does not parse": {
    files: () => ({ "policy/broken.rego": rule("broken", 'deny contains {"code": "x.y"} if {\n\tinput.tool.id ==\n}\n') }),
    found: "unexpected } token",
    at: "policy/broken.rego:8",
  },
  "Rego that goes in circles": {
    files: () => ({ "policy/circle.rego": rule("circle", 'a if b\n\nb if a\n\ndeny contains {"code": "x.y"} if a\n') }),
    found: "is recursive",
    at: "policy/circle.rego:6",
  },
  "Rego with an unsafe variable": {
    files: () => ({
      "policy/unsafe.rego": rule("unsafe", 'deny contains {"code": "x.y"} if {\n\tx == 1\n\tinput.tool.id == "everything.echo"\n}\n'),
    }),
    found: "var x is unsafe",
    at: "policy/unsafe.rego:7",
  },
  "roles that include each other": {
    files: () => appended("catalog/roles.yaml", "  aa: { includes: [bb] }\n  bb: { includes: [aa] }\n"),
    found: "a circle of roles: aa -> bb -> aa",
    at: "catalog/roles.yaml:11",
  },
  "a role that grants a tool nobody has": {
    files: () => appended("catalog/roles.yaml", "  aa: { grants: [everything/nothing] }\n"),
    found: '"everything/nothing"',
    at: "catalog/roles.yaml:10",
  },
  "a golden case for a tool that is gone": {
    files: () => appended("cases/access.yaml", "  - { name: gone, as: ann, call: everything.gone, want: deny }\n"),
    found: '"everything.gone"',
    at: "cases/access.yaml:",
  },
};

describe.each(Object.entries(mistakes))("%s", (name, { files, found, at }) => {
  // All of them meet what no table can be read from; the others take turns, because each run starts a process.
  const turn = Object.keys(mistakes).indexOf(name);
  const others = Object.entries(needOpa).filter((_, at) => at % 4 === turn % 4);
  const judges = name === "YAML that is not YAML" ? Object.entries({ ...needOpa, ...readTables }) : others;
  test("is told by commands that meet it, with its place and 65", async () => {
    const dir = repository(name.replaceAll(" ", "-"), files());
    for (const [command, args] of judges) {
      const ended = await toolgate([...args(dir), "--json"], { env, cwd: folder });
      expect({ command, code: ended.code }, ended.out + ended.err).toEqual({ command, code: 65 });
      expect(orderly(ended), command).toMatchObject({
        mistakes: expect.arrayContaining([expect.objectContaining({ found: expect.stringContaining(found) })]),
      });
    }
    const annotated = await toolgate(["policy", "check", dir, "--format", "github"], { env, cwd: folder });
    const [file = "", line = ""] = at.split(":");
    expect(annotated.out).toMatch(new RegExp(`file=[^,]*${file.replaceAll(".", "\\.")},line=${line === "" ? "\\d+" : line}\\b`));
  });
});

test("a table with forty mistakes has each told once, with line and what is wanted, in order, in every form", async () => {
  const bots = Array.from(
    { length: 8 },
    (_, at) =>
      `  bot-${at}:\n    nmae: Bot\n    owner: ann\n    environment: dev\n    status: activ\n    modes: [usr]\n    roles: [support]\n    match: []\n`,
  );
  const dir = repository("forty", { "catalog/agents.yaml": `version: 1\nagents:\n${bots.join("")}` });
  const json = orderly(await toolgate(["policy", "check", dir, "--json"], { env })) as {
    readonly mistakes: readonly { line: number; path: string; wanted: string }[];
  };
  const told = json.mistakes.filter(({ path }) => path.startsWith("agents."));
  expect(told).toHaveLength(40);
  expect(told.map(({ line }) => line)).toEqual(told.map(({ line }) => line).toSorted((a, b) => a - b));
  expect(new Set(told.map(({ path }) => path)).size).toBe(40);
  expect(told.every(({ wanted }) => wanted !== "")).toBe(true);
  const text = await toolgate(["policy", "check", dir], { env });
  const github = await toolgate(["policy", "check", dir, "--format", "github"], { env });
  const sarif = await toolgate(["policy", "check", dir, "--format", "sarif"], { env });
  expect(text.err).toContain("catalog/agents.yaml has 40 mistakes.");
  expect(text.err.match(/^ {2}agents\./gm)).toHaveLength(40);
  expect(github.out.match(/^::error file=.*agents\.yaml,line=\d+/gm)).toHaveLength(40);
  const results = (JSON.parse(sarif.out) as { runs: readonly { results: readonly { locations: unknown }[] }[] }).runs[0]?.results ?? [];
  expect(results.filter(({ locations }) => JSON.stringify(locations).includes("agents.yaml"))).toHaveLength(40);
  expect([text.code, github.code, sarif.code]).toEqual([65, 65, 65]);
});

describe("OPA", () => {
  let count = 0;
  /** A program that says it is OPA of this version, and then does this. */
  const fake = (version: string, then: string) => {
    const path = join(folder, `opa-${count++}`);
    writeFileSync(path, `#!/bin/sh\nif [ "$1" = version ]; then echo "Version: ${version}"; exit 0; fi\n${then}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const install = /install OPA \d+\.\d+\.\d+ into PATH, or name it in TOOLGATE_OPA$/;

  test.each([
    ["that is missing", () => ({ TOOLGATE_OPA: undefined, PATH: "/nowhere" }), "found no opa"],
    ["that is named and not there", () => ({ TOOLGATE_OPA: "/nowhere/opa" }), "which is no OPA that can be run"],
    ["of an older version", () => ({ TOOLGATE_OPA: fake("1.5.0", "exit 1") }), "found OPA 1.5.0"],
    ["of another major version", () => ({ TOOLGATE_OPA: fake("0.70.0", "exit 1") }), "found OPA 0.70.0"],
    ["that crashes", () => ({ TOOLGATE_OPA: fake(opa.version, "echo 'panic: runtime error' >&2; exit 2") }), "panic: runtime error"],
    ["that prints garbage", () => ({ TOOLGATE_OPA: fake(opa.version, "echo 'garbage {'") }), "garbage {"],
    ["that is killed in the middle", () => ({ TOOLGATE_OPA: fake(opa.version, "kill -9 $$") }), "was ended by SIGKILL"],
  ])("%s ends each command that needs it with 69 and one line that says what to install", async (what, changed, found) => {
    const other = { ...env, ...changed() };
    const every = what === "that is missing";
    for (const [command, args] of Object.entries(needOpa).slice(0, every ? undefined : 2)) {
      const ended = await toolgate([...args(right), "--json"], { env: other, cwd: folder });
      expect({ command, code: ended.code }, ended.out + ended.err).toEqual({ command, code: 69 });
      const { ok, unavailable } = orderly(ended) as { readonly ok: boolean; readonly unavailable: string };
      expect(ok).toBe(false);
      expect(unavailable).toContain(found);
      expect(unavailable).toMatch(install);
      expect(unavailable).not.toContain("\n");
    }
    const said = await toolgate(["policy", "check", right], { env: other, cwd: folder });
    expect([said.code, said.out, said.err.trim().split("\n").length]).toEqual([69, "", 1]);
  });
});

describe("what cannot be read or written", () => {
  test("is named, and ends with 69 and one JSON document", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "x");
    const ahead = repository("a-folder-in-its-place", {});
    rmSync(join(ahead, "catalog/roles.yaml"));
    mkdirSync(join(ahead, "catalog/roles.yaml"));
    const attempts: readonly (readonly [readonly string[], string])[] = [
      [["policy", "check", file], "a-file"],
      [["policy", "check", join(folder, "nowhere")], "nowhere"],
      [["policy", "check", ahead], "catalog/roles.yaml"],
      [["policy", "test", ahead], "catalog/roles.yaml"],
      [["policy", "matrix", right, "--output", "/dev/full"], "/dev/full"],
      [["policy", "matrix", right, "--output", join(file, "x.csv")], "a-file"],
      [["bundle", "build", right, "--out", join(file, "x.tar.gz"), ...bundle], "a-file"],
      [["dev", right, "--once", "--out", join(file, "dev")], "a-file"],
      [["policy", "init", join(file, "new")], "a-file"],
      [["bundle", "inspect", join(folder, "nowhere.tar.gz")], "nowhere.tar.gz"],
    ];
    for (const [args, named] of attempts) {
      const ended = await toolgate([...args, "--json"], { env, cwd: folder });
      expect({ args, code: ended.code }, ended.out + ended.err).toEqual({ args, code: 69 });
      expect(orderly(ended)).toMatchObject({ ok: false });
      expect(ended.out + ended.err).toContain(named);
    }
  });

  test("a full disk behind standard output is no success", async () => {
    const ended = await run("bash", ["-c", `"${process.execPath}" "${launcher}" policy matrix "${right}" > /dev/full`], { env });
    expect(ended.code).toBe(69);
    expect(ended.err).toMatch(/^cannot go on: standard output: /m);
  });

  test("a reader that has seen enough is no failure", async () => {
    const piped = `set -o pipefail; "${process.execPath}" "${launcher}" policy matrix "${right}" --format csv | head -1`;
    const ended = await run("bash", ["-c", piped], { env });
    expect([ended.code, ended.err, ended.out.split("\n").length]).toEqual([0, "", 2]);
  });
});

test("a test that hangs is told by its name, and nothing of it lives on", async () => {
  const loop =
    "package policy.hang_test\n\ntest_hangs if {\n\tsome i in numbers.range(1, 100000)\n\tsome j in numbers.range(1, 100000)\n\ti + j < 0\n}\n";
  const ended = await toolgate(["policy", "test", repository("hangs", { "policy/hang_test.rego": loop }), "--timeout", "1", "--json"], {
    env,
  });
  expect(ended.code, ended.err).toBe(1);
  const { results } = orderly(ended) as { readonly results: readonly { name: string; outcome: string; failures: readonly unknown[] }[] };
  expect(results.filter(({ outcome }) => outcome === "failed")).toMatchObject([
    { name: "test_hangs", failures: [{ kind: "timeout", text: "did not end within 1 s" }] },
  ]);
});

describe("Ctrl-C", () => {
  const loop =
    "package policy.hang_test\n\ntest_hangs if {\n\tsome i in numbers.range(1, 100000)\n\tsome j in numbers.range(1, 100000)\n\ti + j < 0\n}\n";

  test.each(["SIGINT", "SIGTERM"] as const)("by %s ends at once, and leaves neither a program nor a folder behind", async (signal) => {
    const scratch = join(folder, `tmp-${signal}`);
    mkdirSync(scratch);
    const dir = repository(`interrupted-${signal}`, { "policy/hang_test.rego": loop });
    const child = start(process.execPath, [launcher, "policy", "test", dir, "--timeout", "60"], { env: { ...env, TMPDIR: scratch } });
    const pid = child.pid ?? 0;
    // The launcher, the command, and OPA with its tests: only then is there something to leave behind.
    await expect
      .poll(() => treeOf(pid).filter((one) => commandLine(one).includes("--timeout\0" + "60000ms")).length, { timeout: 30_000 })
      .toBe(1);
    const tree = treeOf(pid);
    expect(readdirSync(scratch)).not.toEqual([]);
    const ended = exitOf(child);
    process.kill(pid, signal);
    await ended;
    expect([child.exitCode, child.signalCode]).toEqual([null, signal]);
    await expect.poll(() => tree.filter(lives), { timeout: 10_000 }).toEqual([]);
    expect(readdirSync(scratch)).toEqual([]);
  });
});

function commandLine(pid: number): string {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

test("a command line that is wrong ends with 2, says how it is right, and answers in JSON where that is asked for", async () => {
  const wrong: readonly (readonly string[])[] = [
    ["policy", "check"],
    ["policy", "check", right, "--format", "xml"],
    ["policy", "test", right, "--timeout", "never"],
    ["policy", "bench", right, "--limit", "0"],
    ["policy", "matrix", right, "--at", "noon"],
    ["policy", "diff", right],
    ["policy", "diff", right, right, "--fail-on", "everything"],
    ["policy", "prove"],
    ["policy", "init", join(folder, "new"), "--name", "Not A Name"],
    ["policy", "add", "no-such-pack"],
    ["catalog", "lint", "nobody", "--policies", right],
    ["catalog", "pin", "nobody", "--policies", right, "--config", "x.yaml"],
    ["bundle", "build", right],
    ["dev"],
  ];
  for (const args of wrong) {
    const ended = await toolgate([...args, "--json"], { env, cwd: folder });
    expect({ args, code: ended.code }, ended.out + ended.err).toEqual({ args, code: 2 });
    expect(orderly(ended)).toMatchObject({ ok: false });
  }
  expect(existsSync(join(folder, "new"))).toBe(false);
});
