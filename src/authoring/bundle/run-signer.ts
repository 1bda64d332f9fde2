import { type ChildProcess, spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { atExit } from "../../platform/at-exit.ts";
import { quoted } from "../opa.ts";

export interface SignerRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Its standard input, whole. */
  readonly input: Uint8Array;
  readonly timeoutMs: number;
  readonly kid: string;
  readonly algorithm: string;
}

/** A signature of the largest key that anybody uses takes 3 KiB in base64. */
const MAX_ANSWER = 16 * 1024;
const MAX_SAID = 2_000;

/**
 * Runs a program once and gives what it wrote to standard output, or what is wrong with it, after "the signer … ". Unlike a
 * server's process it gets the whole environment, where key services keep their credentials, and answers in bytes.
 */
export async function runSigner(run: SignerRun): Promise<Result<Uint8Array, string>> {
  const executable = await find(run.program, run.environment.PATH ?? "");
  if (executable === undefined) return err("cannot be run: there is no such program");
  const child = begin(executable, run);
  if (!child.ok) return child;
  const tidied = atExit(() => end(child.value));
  const answer = await answerOf(child.value, run);
  tidied();
  return answer;
}

function begin(executable: string, { args, environment, kid, algorithm }: SignerRun): Result<ChildProcess, string> {
  const env = { ...environment, TOOLGATE_SIGNER_KID: kid, TOOLGATE_SIGNER_ALGORITHM: algorithm };
  try {
    // A group of its own: what it starts ends with it.
    return ok(spawn(executable, args, { env, shell: false, stdio: "pipe", windowsHide: true, detached: process.platform !== "win32" }));
  } catch (error) {
    // Most failures come as an event, such as a missing interpreter; some, such as arguments that are too long, at once.
    return err(`cannot be run: ${messageOf(error)}`);
  }
}

function answerOf(child: ChildProcess, { input, timeoutMs }: SignerRun): Promise<Result<Uint8Array, string>> {
  const chunks: Buffer[] = [];
  let length = 0;
  let said = "";
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped ??= why;
    end(child);
    // A grandchild in another group may hold the pipes open; nobody waits for it.
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  };
  return new Promise((settle) => {
    const timer = setTimeout(() => stop(`did not answer within ${timeoutMs / 1000} s and was ended`), timeoutMs);
    const done = (answer: Result<Uint8Array, string>) => {
      clearTimeout(timer);
      settle(answer);
    };
    child.stdout?.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_ANSWER) stop(`answered more than ${MAX_ANSWER} bytes and was ended`);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-MAX_SAID);
    });
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on("error", () => {});
    child.once("error", (error) => {
      if (child.pid === undefined) done(err(`cannot be run: ${error.message}`));
    });
    child.once("exit", () => end(child));
    child.once("close", (code, by) => {
      if (stopped !== undefined) done(err(stopped));
      else if (code === 0) done(ok(Buffer.concat(chunks)));
      else done(err(`${by === null ? `ended with code ${code}` : `was ended by ${by}`} and said ${quoted(said)}`));
    });
    child.stdin?.end(input);
  });
}

/** A name is looked up in absolute folders only: a relative one would run what lies in the folder one happens to stand in. */
async function find(program: string, path: string): Promise<string | undefined> {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  const places = /[/\\]/.test(program) ? [resolve(program)] : folders.map((folder) => join(folder, program));
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return place;
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function end(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
