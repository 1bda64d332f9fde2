// Runs every check of the project, in the order in which a mistake is cheapest to hear of, and counts them all.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOpa } from "../src/authoring/index.ts";
import { findRedis, type RedisFound } from "./support/redis.ts";

const root = new URL("..", import.meta.url).pathname;
const ci = process.env.CI === "true";
const reports = mkdtempSync(join(tmpdir(), "toolgate-test-"));
let passed = 0;
let failed = 0;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
    child.on("error", () => resolve(127));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

function bin(name: string): string {
  return join(root, "node_modules", ".bin", name);
}

async function step(title: string, work: () => Promise<boolean>): Promise<void> {
  const started = Date.now();
  say(`\n== ${title}`);
  const good = await work();
  if (good) passed += 1;
  else failed += 1;
  say(`== ${title}: ${good ? "passed" : "FAILED"} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
}

async function tests(env: Readonly<Record<string, string>>): Promise<boolean> {
  const file = join(reports, "vitest.json");
  const code = await run(
    bin("vitest"),
    ["run", "--reporter=dot", "--reporter=json", `--outputFile.json=${file}`, ...process.argv.slice(2)],
    env,
  );
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  if (report.numPendingTests > 0) say(`${report.numPendingTests} tests were skipped; see above for what is missing`);
  // In CI a missing tool is an error: nothing may be skipped there.
  return code === 0 && report.numFailedTests === 0 && (!ci || report.numPendingTests === 0);
}

const tools: Record<string, string> = {};

await step("tools: OPA and Redis", async () => {
  const opa = await findOpa({ env: process.env, installInto: join(root, ".cache", "bin") });
  if (opa.ok) tools.TOOLGATE_OPA = opa.value.path;
  say(opa.ok ? `opa      ${opa.value.version}, ${opa.value.path}` : `opa      missing: ${opa.error}`);
  const redis = redisOrReason();
  say(redis.kind === "missing" ? `redis    missing: ${redis.reason}` : `redis    ${redis.kind === "url" ? redis.url : redis.program}`);
  return (opa.ok && redis.kind !== "missing") || !ci;
});
function redisOrReason(): RedisFound {
  try {
    return findRedis();
  } catch (error) {
    return { kind: "missing", reason: String(error) };
  }
}

await step("format and lint", async () => (await run(bin("biome"), ["check", "--error-on-warnings", "."])) === 0);
await step("types", async () => (await run(bin("tsc"), ["-p", "."])) === 0);
await step("unit, contracts, policy, golden cases, architecture, end to end", () => tests(tools));
await step("conformance", async () => (await run(process.execPath, ["test/conformance/main.ts"], tools)) === 0);

rmSync(reports, { recursive: true, force: true });
say(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
