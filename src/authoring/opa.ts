import { type ExecFileException, execFile } from "node:child_process";
import { access, constants, mkdir } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { err, ok, type Result } from "../core/result.ts";
import { atExit } from "../platform/at-exit.ts";

/** The version that bundles are built and tested with. */
export const pinnedOpa = "1.22.0";

export interface Opa {
  readonly path: string;
  readonly version: string;
}

export interface FindOpaOptions {
  /** The environment to look in: `TOOLGATE_OPA`, `PATH`, and what `go install` needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that `go install` may put the pinned version into, e.g. `.cache/bin`; without it nothing is installed. */
  readonly installInto?: string;
}

export interface OpaOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** OPA that crashed, was killed, or answered nothing that it ever answers: a broken tool, and no verdict about a policy. */
export class OpaFailed extends Error {
  override readonly name = "OpaFailed";
  constructor({ path }: Pick<Opa, "path">, detail: string, cause?: unknown) {
    super(`OPA at "${path}" does not work: ${detail}; ${installIt}`, { cause });
  }
}

/** The beginning of what a program printed, on one line. */
export function quoted(output: string): string {
  const said = output.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return said === "" ? "nothing" : JSON.stringify(said.length > 200 ? `${said.slice(0, 200)} …` : said);
}

/** Compiling a large policy takes seconds; what takes longer hangs. */
const TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 600_000;
const MAX_OUTPUT = 256 * 1024 * 1024;

/**
 * Finds OPA, which only authoring needs: `TOOLGATE_OPA`, then `PATH`, then a pinned `go install`. A path that is set
 * and does not work is a mistake to tell, never a reason to take another one.
 */
export async function findOpa(options: FindOpaOptions): Promise<Result<Opa, string>> {
  const configured = options.env.TOOLGATE_OPA;
  if (configured !== undefined && configured !== "") {
    const opa = await probe(configured);
    if (opa === undefined) return err(`TOOLGATE_OPA is "${configured}", which is no OPA that can be run; ${installIt}`);
    return isUsable(opa) ? ok(opa) : err(otherVersion(opa));
  }
  let other: Opa | undefined;
  for (const folder of (options.env.PATH ?? "").split(delimiter)) {
    if (!isAbsolute(folder)) continue; // a relative entry would run what lies in the folder one happens to stand in
    const opa = await probe(join(folder, "opa"));
    if (opa !== undefined && isUsable(opa)) return ok(opa);
    other ??= opa;
  }
  if (options.installInto === undefined) {
    return err(other === undefined ? `found no opa; ${installIt}` : otherVersion(other));
  }
  return install(options.installInto, options.env);
}

const installIt = `install OPA ${pinnedOpa} into PATH, or name it in TOOLGATE_OPA`;
const otherVersion = ({ version, path }: Opa) => `found OPA ${version} at "${path}"; ${installIt}`;

/** An older OPA does not know what rules and the product library are written in; what it said would prove nothing. */
function isUsable({ version }: Opa): boolean {
  const [[major = 0, minor = 0] = [], [wantedMajor = 0, wantedMinor = 0] = []] = [version, pinnedOpa].map((one) =>
    one.split(".").map((part) => Number.parseInt(part, 10)),
  );
  return major === wantedMajor && minor >= wantedMinor;
}

/** Runs OPA with exactly these arguments, without a shell. A failure of OPA is its exit code, not an exception. */
export function runOpa(opa: Opa, args: readonly string[], cwd: string): Promise<OpaOutput> {
  return run(opa.path, args, { cwd, timeout: TIMEOUT_MS });
}

/** As `runOpa`, but ended after so many milliseconds, or bytes of output: undefined if it had not come to its end by then. */
export async function runOpaWithin(
  opa: Opa,
  args: readonly string[],
  cwd: string,
  timeoutMs: number,
  mostBytes = MAX_OUTPUT,
): Promise<OpaOutput | undefined> {
  try {
    return await run(opa.path, args, { cwd, timeout: timeoutMs, mostBytes });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof Error && "killed" in cause && cause.killed === true) return undefined;
    if (cause instanceof Error && "code" in cause && cause.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return undefined;
    throw error;
  }
}

async function probe(path: string): Promise<Opa | undefined> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ["version"], { timeout: TIMEOUT_MS });
    const version = /^Version:\s*([0-9]+\.[0-9]+\.[0-9]+\S*)/m.exec(stdout)?.[1];
    return version === undefined ? undefined : { path, version };
  } catch {
    return undefined;
  }
}

async function install(folder: string, env: FindOpaOptions["env"]): Promise<Result<Opa, string>> {
  const path = join(folder, "opa");
  const cached = await probe(path);
  if (cached?.version === pinnedOpa) return ok(cached);
  await mkdir(folder, { recursive: true });
  try {
    const module = `github.com/open-policy-agent/opa@v${pinnedOpa}`;
    const { code, stderr } = await run("go", ["install", module], { timeout: INSTALL_TIMEOUT_MS, env: { ...env, GOBIN: folder } });
    if (code !== 0) return err(`found no opa, and "go install ${module}" failed: ${stderr.trim().slice(-500)}`);
  } catch {
    return err(`found no opa and no go; ${installIt}`);
  }
  const opa = await probe(path);
  return opa === undefined ? err(`installed opa into "${folder}", but it does not run`) : ok(opa);
}

interface RunOptions {
  readonly cwd?: string;
  readonly timeout: number;
  readonly mostBytes?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Rejects only if the program could not be run to its end. */
function run(file: string, args: readonly string[], { mostBytes = MAX_OUTPUT, ...options }: RunOptions): Promise<OpaOutput> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { ...options, maxBuffer: mostBytes, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      ended();
      if (error !== null && typeof error.code !== "number") reject(new OpaFailed({ path: file }, whyOf(error, args), error));
      else resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
    const ended = atExit(() => child.kill("SIGKILL"));
  });
}

function whyOf(error: ExecFileException, [command = ""]: readonly string[]): string {
  if (typeof error.code === "string") return `opa ${command}: ${error.code}`;
  return `opa ${command} was ended by ${error.signal ?? "the system"}`;
}
