import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "../../core/result.ts";
import type { StagedAnswer, StatusAnswer } from "../../http/index.ts";
import { type AdminClient, type AdminFailure, type AdminFlags, reach, tellFailure } from "../admin/index.ts";
import { systemRefusal } from "../system-error.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { bundleName } from "./status-text.ts";

export interface ActFlags extends AdminFlags {
  readonly why: string;
}

/** What an act looked at, and the gateway it is about. */
export interface Looked {
  readonly client: AdminClient;
  readonly status: StatusAnswer;
  /** Sent with the act, so that nothing happens if somebody was faster. */
  readonly etag: string | undefined;
}

/** The status that an act begins with; or the exit code, once it is told why there is none. */
export async function look(terminal: Terminal, flags: AdminFlags): Promise<Looked | number> {
  const client = await reach(terminal, flags);
  if (typeof client === "number") return client;
  const answer = await client.ask("status");
  if (!answer.ok) return tellFailure(terminal, answer.error, flags.json);
  return { client, status: answer.value.value, etag: answer.value.etag };
}

/** Says what is about to happen. For programs nothing is said: they get the answer alone. */
export function announce(terminal: Terminal, flags: AdminFlags, text: string): void {
  if (!flags.json) terminal.err(terminal.paint.dim(text));
}

type Acted = Result<{ readonly text: string }, AdminFailure>;

/** Ends an act: its answer for programs, one sentence for people. */
export function finish(terminal: Terminal, flags: AdminFlags, acted: Acted, done: string): number {
  if (!acted.ok) return tellFailure(terminal, acted.error, flags.json);
  terminal.out(flags.json ? acted.value.text : `${terminal.paint.green(done)} toolgate rollout status tells how it goes.`);
  return exitCodes.ok;
}

/** Brings a bundle to the gateway, which verifies and keeps it; or the exit code. */
export async function stage(
  terminal: Terminal,
  { client }: Looked,
  flags: AdminFlags,
  file: string,
): Promise<Result<StagedAnswer, number>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    terminal.err(`the bundle cannot be read: ${systemRefusal(error) ?? String(error)}`);
    return err(exitCodes.unavailable);
  }
  announce(terminal, flags, `staging "${file}": ${bytes.byteLength} bytes`);
  const staged = await client.ask("stageBundle", { body: bytes });
  if (!staged.ok) return err(tellFailure(terminal, staged.error, flags.json));
  announce(terminal, flags, `staged ${bundleName(staged.value.value)}`);
  return ok(staged.value.value);
}
