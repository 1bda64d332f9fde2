import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Revision } from "./requirements.ts";
import { beyond } from "./scenarios.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const suite = fileURLToPath(new URL("../../node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));
/** A scenario takes a second; where a gateway is started for it, some more. The suite itself gives up after 30 seconds. */
const TIMEOUT_MS = 90_000;
const CLIENT_TIMEOUT_MS = 60_000;

interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
  readonly details?: { readonly note?: string; readonly message?: string };
}

export interface ScenarioResult {
  readonly scenario: string;
  /** False where the suite skipped it or broke; that is a failure too. */
  readonly ran: boolean;
  readonly passed: number;
  /** Each with what was wrong. A warning counts, and so does a scenario in which nothing was checked. */
  readonly failures: readonly string[];
  /** Checks inside the scenario that the suite left out, with its reason. */
  readonly leftOut: readonly string[];
}

/** Runs one scenario of the official suite as it stands, in a process of its own, against the server at this address. */
export function runAsClient(scenario: string, revision: Revision, url: string, results: string): Promise<ScenarioResult> {
  // The suite's own table of revisions has no place for extensions.
  const force = beyond[revision].includes(scenario) ? ["--force"] : [];
  return runScenario(scenario, ["server", "--url", url, "--spec-version", revision, ...force], results);
}

/** The same with the suite as the server, and a command of ours that it starts with the server's address. */
export function runAsServer(scenario: string, revision: Revision, command: string, results: string): Promise<ScenarioResult> {
  const options = ["--command", command, "--spec-version", revision, "--timeout", String(CLIENT_TIMEOUT_MS)];
  return runScenario(scenario, ["client", ...options], results);
}

async function runScenario(scenario: string, args: readonly string[], results: string): Promise<ScenarioResult> {
  const folder = join(results, `${scenario}-${crypto.randomUUID()}`.replaceAll("/", "-"));
  const { code, output } = await run([suite, ...args, "--scenario", scenario, "--output-dir", folder]);
  const written = await read(folder);
  if (written === undefined)
    return { scenario, ran: false, passed: 0, leftOut: [], failures: [`the scenario did not run: ${tail(output)}`] };
  const { checks, said } = written;
  const passed = checks.filter(({ status }) => status === "SUCCESS").length;
  const failures = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING").map(wordsOf);
  if (passed === 0 && failures.length === 0) failures.push("nothing was checked");
  // A driver of ours that failed says what it missed.
  if (code !== 0 && said !== "") failures.push(`the client ended with an error: ${tail(said)}`);
  if (code !== 0 && failures.length === 0) failures.push(`the suite ended with ${code}: ${tail(output)}`);
  return { scenario, ran: true, passed, failures, leftOut: checks.filter(({ status }) => status === "SKIPPED").map(wordsOf) };
}

function run(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  // The suite hands the command to a shell, which finds the program and this folder whatever their paths hold.
  const env = { ...process.env, CONFORMANCE_NODE: process.execPath };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

/** What the suite wrote: its checks, and what a client of ours said on its error output. */
async function read(folder: string): Promise<{ readonly checks: readonly Check[]; readonly said: string } | undefined> {
  try {
    const files = await readdir(folder, { recursive: true });
    const text = async (name: string) => {
      const file = files.find((path) => path.endsWith(name));
      return file === undefined ? "" : readFile(join(folder, file), "utf8");
    };
    const checks = await text("checks.json");
    return checks === "" ? undefined : { checks: JSON.parse(checks) as readonly Check[], said: await text("stderr.txt") };
  } catch {
    return undefined;
  }
}

function wordsOf({ id, errorMessage, details }: Check): string {
  const why = errorMessage ?? details?.note ?? details?.message;
  return why === undefined ? id : `${id}: ${why}`;
}

function tail(output: string): string {
  return output.trim().slice(-400);
}
