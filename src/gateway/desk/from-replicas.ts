import type { Digest } from "../../core/digest.ts";
import type { DecisionId } from "../../core/ids.ts";
import { decisionLines } from "../../parts/decisions/index.ts";
import type { DecisionRecords } from "./desk.ts";
import type { DeskParts } from "./parts.ts";

const RECORDS = "desk.records";
const BUNDLE = "desk.bundle";
/** How long one replica may be silent; each piece of an answer starts it anew. */
const SILENT_MS = 5_000;
/** A message between replicas is at most a mebibyte of text; base64 makes four of three. */
const PIECE_BYTES = 512 * 1024;

/** What this process has, for itself and for the others. Answers in pieces, so that size does not matter. */
export function serveOthers(parts: DeskParts): void {
  parts.replicas.serve(RECORDS, async (payload, send, signal) => {
    const { id, tenant } = payload as { readonly id: DecisionId; readonly tenant: string };
    const lines = await ownLines(parts, id, tenant);
    for (const line of lines) if (!signal.aborted) send(line);
    return lines.length;
  });
  parts.replicas.serve(BUNDLE, async (payload, send, signal) => {
    const bytes = await parts.bundles.read(payload as Digest);
    for (let at = 0; bytes !== undefined && at < bytes.length && !signal.aborted; at += PIECE_BYTES) {
      send(Buffer.from(bytes.subarray(at, at + PIECE_BYTES)).toString("base64"));
    }
    return bytes?.length ?? -1;
  });
}

/** From the logs of all replicas that answer. */
export async function recordsEverywhere(parts: DeskParts, id: DecisionId, tenant: string): Promise<DecisionRecords> {
  const logs: { readonly replica: string; readonly lines: readonly string[] }[] = [];
  const away: string[] = [];
  const own = await ownLines(parts, id, tenant);
  if (own.length > 0) logs.push({ replica: parts.replicas.id, lines: own });
  const others = await othersOf(parts);
  if (others === undefined) return { logs, away: [unnamed] };
  await Promise.all(
    others.map(async (replica) => {
      const lines: string[] = [];
      const onEvent = (line: unknown) => void lines.push(String(line));
      const reply = await parts.replicas.ask(replica, RECORDS, { id, tenant }, { timeoutMs: SILENT_MS, onEvent });
      // Some of the records would look like all of them.
      if (reply.kind === "away" || reply.value !== lines.length) away.push(replica);
      else if (lines.length > 0) logs.push({ replica, lines });
    }),
  );
  return { logs, away };
}

export interface FoundBundle {
  readonly bytes?: Uint8Array;
  readonly away: readonly string[];
}

/** From whoever has it first: this process, the shared store, another replica. */
export async function bundleAnywhere(parts: DeskParts, digest: Digest): Promise<FoundBundle> {
  const own = await parts.bundles.read(digest);
  if (own !== undefined) return { bytes: own, away: [] };
  const shared = await parts.operations.readBundle(digest);
  if (shared.ok && shared.value !== undefined) return { bytes: shared.value, away: [] };
  const others = await othersOf(parts);
  if (others === undefined) return { away: [unnamed] };
  const away: string[] = [];
  for (const replica of others) {
    const pieces: Buffer[] = [];
    const onEvent = (piece: unknown) => void pieces.push(Buffer.from(String(piece), "base64"));
    const reply = await parts.replicas.ask(replica, BUNDLE, digest, { timeoutMs: SILENT_MS, onEvent });
    const bytes = Buffer.concat(pieces);
    if (reply.kind === "answer" && reply.value === bytes.length) return { bytes, away };
    if (reply.kind === "away" || reply.value !== -1) away.push(replica);
  }
  return { away };
}

/** Records name their tenant; those of another one are not this operator's to read. */
async function ownLines({ logFolder }: DeskParts, id: DecisionId, tenant: string): Promise<readonly string[]> {
  const lines = await decisionLines(logFolder, id);
  return lines.filter((line) => {
    const { tenant: found = tenant } = JSON.parse(line) as { readonly tenant?: unknown };
    return found === tenant;
  });
}

/** In place of their names, where the shared state does not give them: what only they have is not known to be missing. */
const unnamed = "all other replicas";

/** Whoever reported lately; undefined where the store cannot say. */
async function othersOf({ operations, replicas }: DeskParts): Promise<readonly string[] | undefined> {
  const known = await operations.replicas();
  return known.ok ? known.value.map(({ replica }) => replica).filter((replica) => replica !== replicas.id) : undefined;
}
