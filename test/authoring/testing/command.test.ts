import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { createColors } from "picocolors";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { registerPolicyBench } from "../../../src/cli/policy/bench.ts";
import { registerPolicyTest } from "../../../src/cli/policy/test.ts";
import type { Terminal } from "../../../src/cli/terminal.ts";
import { type Gate, house, startGate } from "../../support/gate.ts";
import { sourcesOf } from "../../support/gate-company.ts";
import { packageText, policiesWith, writeFiles } from "../bundle/tools.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command in this process; what it leaves as exit code is taken back. */
async function policy(...args: readonly string[]): Promise<Said> {
  const said = { out: "", err: "" };
  const terminal: Terminal = {
    out: (text) => {
      said.out += `${text}\n`;
    },
    err: (text) => {
      said.err += `${text}\n`;
    },
    paint: createColors(false),
    colour: false,
    closed: new AbortController().signal,
  };
  const program = new Command("policy").exitOverride().configureOutput({ writeErr: (text) => terminal.err(text) });
  registerPolicyTest(program, terminal);
  registerPolicyBench(program, terminal);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: (text) => terminal.err(text) });
  const before = process.exitCode;
  try {
    await program.parseAsync(args, { from: "user" });
    // A busy machine makes tests slow, and has the command say how far it is.
    const out = said.out.replace(/^(slow .*\n)+\n/gm, "");
    return { code: Number(process.exitCode ?? 0), out, err: said.err.replace(/^.*: asked \d+ %\n/gm, "") };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { code: 2, ...said };
  } finally {
    process.exitCode = before;
  }
}

const folders: string[] = [];
const folderWith = async (files: Readonly<Record<string, string>>) => {
  const folder = await policiesWith(files);
  folders.push(folder);
  return folder;
};
const ann = "as: { agent: bot, user: ann, groups: [support] }";
const cases = (want: string) => `cases:\n  - { name: small, ${ann}, call: crm.refund, args: { amount: 1 }, want: ${want} }\n`;
let right: string;
let wrong: string;
beforeAll(async () => {
  right = await folderWith({ "cases/refunds.yaml": cases("allow") });
  wrong = await folderWith({ "cases/refunds.yaml": cases("deny") });
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));
afterEach(() => vi.unstubAllEnvs());

describe("policy test ends", () => {
  test("with 0 where everything holds", async () => {
    expect(await policy("test", right)).toEqual({ code: 0, out: "1 test and 1 golden case: 2 passed, 0 failed.\n", err: "" });
  });

  test("with 1 where something does not, told in the form that was asked for", async () => {
    const text = await policy("test", wrong);
    expect([text.code, text.err]).toEqual([1, ""]);
    expect(text.out).toContain(`failed  small   ${wrong}/cases/refunds.yaml:2`);
    expect(JSON.parse((await policy("test", wrong, "--json")).out)).toMatchObject({ ok: false, failed: 1 });
    expect((await policy("test", wrong, "--format", "junit")).out).toContain('<failure type="wanted"');
    expect((await policy("test", wrong, "--format", "github")).out).toContain("::error file=");
  });

  test("with 1 where coverage is below what is wanted", async () => {
    const never = packageText(
      "never",
      'deny contains {"code": "never.told"} if {\n\tinput.user.id == "nobody"\n\tinput.server.owner == "nobody"\n}',
    );
    const folder = await folderWith({ "cases/refunds.yaml": cases("allow"), "policy/never.rego": never });
    const covered = await policy("test", folder, "--min-coverage", "100");
    expect(covered.code).toBe(1);
    expect(covered.out).toContain("nothing reaches line 6-8");
    expect((await policy("test", folder, "--min-coverage", "10")).code).toBe(0);
  });

  test("with 2 for a command line that is none", async () => {
    expect((await policy("test", right, "--run", "(")).code).toBe(2);
    expect((await policy("test", right, "--run", "(?=a)")).code).toBe(2);
    expect((await policy("test", right, "--timeout", "0")).code).toBe(2);
    expect((await policy("test", right, "--format", "html")).code).toBe(2);
    expect(await policy("test", right, "--record", "dec_1")).toMatchObject({ code: 2, err: expect.stringContaining("--log") });
  });

  test("with 65 for a mistake in a case, and for a pattern that fits nothing", async () => {
    const folder = await folderWith({ "cases/refunds.yaml": cases("allow").replace("crm.refund", "crm.refnd") });
    const mistaken = await policy("test", folder);
    expect([mistaken.code, mistaken.out]).toEqual([65, ""]);
    expect(mistaken.err).toContain('did you mean "crm.refund"?');
    expect(JSON.parse((await policy("test", folder, "--json")).out)).toMatchObject({
      ok: false,
      mistakes: [{ file: "cases/refunds.yaml", line: 2 }],
    });
    expect(await policy("test", right, "--run", "neither")).toMatchObject({ code: 65, err: expect.stringContaining('"neither"') });
  });

  test("with 69 without OPA, or with one that is too old, and says in one line what to install", async () => {
    const old = join(await mkdtemp(join(tmpdir(), "toolgate-old-opa-")), "opa");
    folders.push(join(old, ".."));
    await writeFile(old, '#!/bin/sh\necho "Version: 1.4.2"\n');
    await chmod(old, 0o755);
    vi.stubEnv("TOOLGATE_OPA", old);
    const outdated = await policy("test", right);
    expect(outdated).toEqual({
      code: 69,
      out: "",
      err: `found OPA 1.4.2 at "${old}"; install OPA 1.22.0 into PATH, or name it in TOOLGATE_OPA\n`,
    });
    vi.stubEnv("TOOLGATE_OPA", "");
    vi.stubEnv("PATH", "/nowhere");
    expect(await policy("test", right)).toEqual({
      code: 69,
      out: "",
      err: "found no opa; install OPA 1.22.0 into PATH, or name it in TOOLGATE_OPA\n",
    });
  });
});

describe("policy bench ends", () => {
  test("with 0 and a table, where everything is within the limit", async () => {
    const { code, out } = await policy("bench", right);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/decide +small\n\n1 golden cases?; 1\.0x is an input that says nothing, .* All within 50 ms\.\n$/),
    ]);
    expect(JSON.parse((await policy("bench", right, "--json")).out)).toMatchObject({ ok: true, limitMs: 50, cases: [{ name: "small" }] });
  });

  test("with 1 for a case without an end", async () => {
    const four = ["a", "b", "c", "d"].map((name) => `\tsome ${name} in input.user.groups\n`).join("");
    const loop = packageText("loops", `deny contains {"code": "loops.found"} if {\n${four}\tconcat("", [a, b, c, d]) == "nobody"\n}`);
    const groups = Array.from({ length: 150 }, (_, at) => `g${at}`).join(", ");
    const input = `{ phase: call, principal: { kind: agent }, server: { id: crm }, tool: { id: crm.refund, name: refund }, user: { id: ann, groups: [${groups}] } }`;
    const folder = await folderWith({
      "policy/loops.rego": loop,
      "cases/refunds.yaml": `cases:\n  - { name: endless, entrypoint: decide, input: ${input}, want: { effect: deny } }\n`,
    });
    const { code, out } = await policy("bench", folder);
    expect([code, out]).toEqual([1, expect.stringContaining("endless   does not end")]);
  });

  test("with 69 for what is not there", async () => {
    expect((await policy("bench", join(right, "nowhere"))).code).toBe(69);
  });
});

describe("policy test --record", () => {
  let gate: Gate;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "toolgate-record-"));
    folders.push(folder);
    await writeFiles(folder, sourcesOf(house));
    gate = await startGate();
  });
  afterAll(() => gate.stop());

  test("prints a case, adds it to a file, and the tests hold afterwards; twice is a mistake", async () => {
    await gate.call("desk__order", { item: "pen" });
    const id = (await gate.records()).find(({ kind }) => kind === "intent")?.id ?? "";
    const log = join(gate.dataDir, "log");
    const printed = await policy("test", folder, "--record", id, "--log", log);
    expect([printed.code, printed.out]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^cases:\n {2}# ${id}, decided at .*\n {2}- name: "${id}: desk\\.order, allow"\n`)),
    ]);
    const file = join(folder, "cases.yaml");
    const into = join(folder, "cases/recorded.yaml");
    await writeFiles(folder, { "cases/recorded.yaml": "# recorded\ncases: []\n" });
    const written = await policy("test", folder, "--record", id, "--log", log, "--write", into);
    expect(written).toMatchObject({ code: 0, out: `${into}: added "${id}: desk.order, allow"\n` });
    expect(await readFile(into, "utf8")).toMatch(/^# recorded\ncases:\n {2}# dec_/);
    expect(await policy("test", folder)).toMatchObject({ code: 0, out: "0 tests and 1 golden case: 1 passed, 0 failed.\n" });
    expect(await policy("test", folder, "--record", id, "--log", log, "--write", into)).toMatchObject({
      code: 65,
      err: expect.stringContaining("already"),
    });
    expect(await policy("test", folder, "--record", id, "--log", log, "--write", file)).toMatchObject({ code: 0 });
  });

  test("of an id that no record has says what was looked through", async () => {
    const none = "dec_00000000-0000-7000-8000-000000000000";
    const unknown = await policy("test", folder, "--record", none, "--log", join(gate.dataDir, "log"));
    expect(unknown).toMatchObject({ code: 65, err: expect.stringMatching(/is in none of the \d+ records of/) });
    expect((await policy("test", folder, "--record", none, "--log", join(folder, "nowhere"))).code).toBe(69);
  });
});
