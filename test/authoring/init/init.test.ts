import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { type InitRequest, initRepository } from "../../../src/authoring/index.ts";
import { exitOf, launcher, run, said, start, toolgate } from "../../e2e/command.ts";
import { needOpa } from "../bundle/tools.ts";

const LONG = 300_000;
const place = await mkdtemp(join(tmpdir(), "toolgate-init-"));
const { path: opaPath } = await needOpa();
const env: NodeJS.ProcessEnv = { ...process.env, TOOLGATE_OPA: opaPath };
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** `toolgate` as a command in PATH, as README and workflow call it. */
const programs = join(place, "bin");
mkdirSync(programs);
writeFileSync(join(programs, "toolgate"), `#!/bin/sh\nexec "${process.execPath}" "${launcher}" "$@"\n`, { mode: 0o755 });
const withPath = { ...env, PATH: `${programs}${delimiter}${process.env.PATH ?? ""}` };

async function initialised(name: string, more: Partial<InitRequest> = {}): Promise<string> {
  const folder = join(place, name);
  const made = await initRepository({ folder, environment: "dev", version: "0.1.0", now: Date.now(), ...more });
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return folder;
}

const shell = (folder: string, script: string, more: NodeJS.ProcessEnv = {}) =>
  run("bash", ["-eo", "pipefail", "-c", script], { cwd: folder, env: { ...withPath, ...more } });

test("a new repository has what a team begins with, and no private key", async () => {
  const folder = await initialised("acme");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  expect(files.map(({ name }) => name)).toEqual(
    expect.arrayContaining([".gitignore", "README.md", "policy.yml", "invariants.yaml", "operations_test.rego", "everything.json"]),
  );
  expect(texts.join("\n")).not.toMatch(/PRIVATE KEY/);
  expect(texts.join("\n")).not.toMatch(/@[A-Z]+@/);
  expect(readFileSync(join(folder, ".gitignore"), "utf8")).toMatch(/^\*\.pem$/m);
});

test("a folder that is not empty is refused, with what is in the way, and nothing is written", { timeout: LONG }, async () => {
  const folder = join(place, "full");
  mkdirSync(folder);
  writeFileSync(join(folder, "notes.txt"), "mine");
  const refused = await toolgate(["policy", "init", folder], { env });
  expect(refused.code).toBe(69);
  expect(refused.err).toContain("nothing was written");
  expect(refused.err).toContain("notes.txt");
  expect(readdirSync(folder)).toEqual(["notes.txt"]);
  const json = await toolgate(["policy", "init", folder, "--json"], { env });
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, kind: "not_empty", entries: ["notes.txt"] });
  const file = await initRepository({ folder: join(folder, "notes.txt"), environment: "dev", version: "0.1.0", now: 0 });
  expect(file.ok ? "" : file.error.kind).toBe("no_folder");
});

test("a command line says what was written and what comes next", { timeout: LONG }, async () => {
  const folder = join(place, "told");
  const made = await toolgate(["policy", "init", folder, "--name", "company"], { env });
  expect(made.code, made.err).toBe(0);
  expect(made.out).toContain("policies/policy/operations.rego");
  expect(made.out).toContain("toolgate policy check policies");
  const odd = await toolgate(["policy", "init", join(place, "odd"), "--name", "a; rm -rf /"], { env });
  expect(odd.code).toBe(2);
});

test("a folder where git init was run is empty", async () => {
  mkdirSync(join(place, "git-first/.git"), { recursive: true });
  expect(existsSync(join(await initialised("git-first"), "README.md"))).toBe(true);
});

test("a name that shells or YAML would read otherwise is refused", async () => {
  for (const odd of ["a; rm -rf /", "$(id)", "dev\nx: 1", "-x", "", "Ä", "a".repeat(64)]) {
    for (const member of ["name", "environment"] as const) {
      const folder = join(place, "odd");
      const made = await initRepository({ folder, environment: "dev", version: "0.1.0", now: 0, [member]: odd });
      expect(made.ok ? "" : made.error.kind, odd).toBe("name");
      expect(existsSync(folder)).toBe(false);
    }
  }
  const folder = await initialised("Über 9 Policies!");
  expect(readFileSync(join(folder, "README.md"), "utf8")).toMatch(/^# ber-9-policies$/m);
});

test("every command of its README works on the first try", { timeout: LONG }, async () => {
  const folder = await initialised("readme", { name: "company", environment: "staging" });
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const scripts = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, script = ""]) => script);
  expect(scripts).toHaveLength(3);
  for (const line of scripts.join("").split("\n")) {
    if (line === "" || line.startsWith("toolgate serve")) continue;
    const ran = await shell(folder, line);
    expect(ran.code, `${line}\n${ran.out}${ran.err}`).toBe(0);
  }
  // What is left out above goes on until it is stopped: the gateway, on a port that is free.
  const config = join(folder, "toolgate.local.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace("port: 4480", "port: 0"));
  const gateway = start(process.execPath, [launcher, "serve", "--config", config, "--json"], { cwd: folder, env });
  expect(await said(gateway, /"ready":true/)).toContain('"name":"company"');
  gateway.kill("SIGTERM");
  await exitOf(gateway);
});

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly permissions: unknown; readonly environment?: string; readonly steps: readonly Step[] }>
  >;
}
interface Step {
  readonly name: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}

test("its workflow has the least rights, pinned actions, and the key in one step alone", async () => {
  const folder = await initialised("workflow");
  const text = readFileSync(join(folder, ".github/workflows/policy.yml"), "utf8");
  const { permissions, jobs } = parse(text) as Workflow;
  expect(permissions).toEqual({});
  for (const job of Object.values(jobs)) expect(job.permissions).toEqual({ contents: "read" });
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  // An expression inside a script would be code of whoever names a branch.
  for (const step of steps) expect(step.run ?? "").not.toContain("${{");
  expect(steps.filter((step) => JSON.stringify(step).includes("secrets.")).map(({ name }) => name)).toEqual(["Sign"]);
  expect(jobs.release?.environment).toBe("policy-release");
  expect(text).not.toContain("pull_request_target");
});

test("the commands of its workflow pass in order, and never print the key", { timeout: LONG }, async () => {
  const folder = await initialised("ci", { name: "company", environment: "staging" });
  const { jobs } = parse(readFileSync(join(folder, ".github/workflows/policy.yml"), "utf8")) as Workflow;
  expect((await shell(folder, "toolgate bundle keygen --out ../ci.pem --keyring keyring.json --kid ci")).code).toBe(0);
  const temp = await merged(folder, () => undefined);
  const key = readFileSync(join(place, "ci.pem"), "utf8");
  const summary = join(place, "summary.md");
  const ran: string[] = [];
  for (const { name, run: script, env: wanted = {} } of Object.values(jobs).flatMap((job) => job.steps)) {
    if (script === undefined || script.startsWith("npm install")) continue;
    const given = { POLICY_SIGNING_KEY: key, POLICY_SIGNING_KID: "ci" };
    const own = Object.fromEntries(Object.entries(given).filter(([member]) => Object.hasOwn(wanted, member)));
    const github = { GITHUB_STEP_SUMMARY: summary, GITHUB_SHA: "0123abc", GITHUB_RUN_NUMBER: "7", TMPDIR: place, RUNNER_TEMP: temp };
    const { code, out, err } = await shell(folder, script, { ...github, ...own });
    expect(code, `${name}\n${out}${err}`).toBe(0);
    expect(out + err).not.toContain(key.split("\n")[1]);
    ran.push(name);
  }
  expect(ran).toEqual(["Check", "Test", "Prove", "Compare with the base branch", "Build", "Sign", "Verify"]);
  expect(readFileSync(summary, "utf8")).toContain("access");
  expect(readFileSync(join(folder, "dist/tests.xml"), "utf8")).toMatch(/^<\?xml/);
  expect(readdirSync(place).filter((name) => name.startsWith("tmp."))).toEqual([]);
});

test("its workflow stops a change by which somebody gains payments", { timeout: LONG }, async () => {
  const folder = await initialised("gain");
  const operation = join(folder, "policies/catalog/tools.yaml");
  writeFileSync(operation, readFileSync(operation, "utf8").replace("effects: [execute]", "effects: [pay]"));
  const temp = await merged(folder, () => gainPayments(folder));
  const summary = join(place, "gain.md");
  const ran = await shell(folder, compareStep(folder), { GITHUB_STEP_SUMMARY: summary, RUNNER_TEMP: temp });
  expect(ran.code, ran.err).toBe(1);
  expect(readFileSync(summary, "utf8")).toContain("trigger-long-running-operation");
});

test("its workflow compares with the base branch, whatever link or folder a change puts in the way", { timeout: LONG }, async () => {
  const folder = await initialised("detour");
  const operation = join(folder, "policies/catalog/tools.yaml");
  writeFileSync(operation, readFileSync(operation, "utf8").replace("effects: [execute]", "effects: [pay]"));
  const temp = await merged(folder, () => {
    gainPayments(folder);
    // With a checkout of the base branch below the sources, these would have made it compare the change with itself.
    symlinkSync(".", join(folder, "base"));
  });
  const summary = join(place, "detour.md");
  const ran = await shell(folder, compareStep(folder), { GITHUB_STEP_SUMMARY: summary, RUNNER_TEMP: temp });
  expect(ran.code, ran.err).toBe(1);
});

test("its workflow passes the first policies of a repository that had none", { timeout: LONG }, async () => {
  const folder = await initialised("first");
  const temp = await merged(folder, () => undefined, "README.md");
  const summary = join(place, "first.md");
  const ran = await shell(folder, compareStep(folder), { GITHUB_STEP_SUMMARY: summary, RUNNER_TEMP: temp });
  expect(ran.code, ran.err).toBe(0);
  expect(readFileSync(summary, "utf8")).toContain("no policies yet");
});

/** A repository whose last commit is a merge, as GitHub checks a pull request out, and the runner's folder for passing files. */
async function merged(folder: string, change: () => void, before = "."): Promise<string> {
  const git = "git -c user.name=ann -c user.email=ann@example.com -c init.defaultBranch=main";
  const ran = async (command: string) => expect(await shell(folder, command)).toMatchObject({ code: 0 });
  await ran(`${git} init -q && git add ${before} && ${git} commit -q -m base && git switch -q -c change`);
  change();
  await ran(
    `git add . && ${git} commit -q --allow-empty -m change && git switch -q -c merged HEAD^ && ${git} merge -q --no-ff -m merged change`,
  );
  return mkdtempSync(join(place, "runner-"));
}

function gainPayments(folder: string): void {
  const groups = join(folder, "policies/catalog/groups.yaml");
  writeFileSync(groups, readFileSync(groups, "utf8").replace("support: { roles: [reader] }", "support: { roles: [reader, operator] }"));
}

function compareStep(folder: string): string {
  const { jobs } = parse(readFileSync(join(folder, ".github/workflows/policy.yml"), "utf8")) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  return steps.find(({ name }) => name.startsWith("Compare"))?.run ?? "";
}
