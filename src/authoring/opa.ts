import { execFile } from "node:child_process";
import { access, constants, mkdir } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { err, ok, type Result } from "../core/result.ts";

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
    return opa === undefined ? err(`TOOLGATE_OPA is "${configured}", which is no OPA 1.x that can be run`) : ok(opa);
  }
  for (const folder of (options.env.PATH ?? "").split(delimiter)) {
    if (!isAbsolute(folder)) continue; // a relative entry would run what lies in the folder one happens to stand in
    const opa = await probe(join(folder, "opa"));
    if (opa !== undefined) return ok(opa);
  }
  if (options.installInto === undefined) {
    return err(`found no opa; install OPA ${pinnedOpa} into PATH, or name it in TOOLGATE_OPA`);
  }
  return install(options.installInto, options.env);
}

/** Runs OPA with exactly these arguments, without a shell. A failure of OPA is its exit code, not an exception. */
export function runOpa(opa: Opa, args: readonly string[], cwd: string): Promise<OpaOutput> {
  return run(opa.path, args, { cwd, timeout: TIMEOUT_MS });
}

/** As `runOpa`, but ended after so many milliseconds: undefined if it had not come to its end by then. */
export async function runOpaWithin(opa: Opa, args: readonly string[], cwd: string, timeoutMs: number): Promise<OpaOutput | undefined> {
  try {
    return await run(opa.path, args, { cwd, timeout: timeoutMs });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof Error && "killed" in cause && cause.killed === true) return undefined;
    throw error;
  }
}

async function probe(path: string): Promise<Opa | undefined> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ["version"], { timeout: TIMEOUT_MS });
    const version = /^Version:\s*(1\.[0-9]+\.[0-9]+\S*)/m.exec(stdout)?.[1];
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
    return err(`found no opa and no go; install OPA ${pinnedOpa} into PATH, or name it in TOOLGATE_OPA`);
  }
  const opa = await probe(path);
  return opa === undefined ? err(`installed opa into "${folder}", but it does not run`) : ok(opa);
}

interface RunOptions {
  readonly cwd?: string;
  readonly timeout: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Rejects only if the program could not be run to its end. */
function run(file: string, args: readonly string[], options: RunOptions): Promise<OpaOutput> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { ...options, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number")
        reject(new Error(`"${file}" could not be run: ${error.message}`, { cause: error }));
      else resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}
