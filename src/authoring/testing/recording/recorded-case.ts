import { isDeepStrictEqual } from "node:util";
import { err, ok, type Result } from "../../../core/result.ts";
import type { LogRecord } from "../../../parts/decisions/index.ts";
import type { Workbench } from "../../workbench/index.ts";

type Members = Readonly<Record<string, unknown>>;

/** A whole golden case of a decision that was made. */
export interface RecordedCase {
  readonly value: { readonly name: string; readonly entrypoint: string; readonly input: Members; readonly want: Members };
  /** What stands above it, without the sign of a comment. */
  readonly comments: readonly string[];
}

/** What is judged by; a masked leaf that none of it reads may stay masked in a case. */
export interface Readers {
  /** The input paths that the packages of a server read; undefined where that cannot be told. */
  readsFor(server: string): readonly (readonly string[])[] | undefined;
}

export function readersOf({ data }: Pick<Workbench, "data">): Readers {
  const { reads } = data.catalog;
  return {
    readsFor(server) {
      const packages = data.index[server] ?? data.index._none ?? [];
      const told = packages.map((name) => (Object.hasOwn(reads, name) ? reads[name] : undefined));
      return told.every((paths) => paths !== undefined) ? told.flat() : undefined;
    },
  };
}

/** Turns a record into the case that asks the same and wants the same; or says why it cannot be, in one sentence. */
export function recordedCase(record: LogRecord, readers: Readers): Result<RecordedCase, string> {
  const { id, kind, entrypoint, input, decision } = record;
  if (!isMembers(input) || !isMembers(decision) || typeof entrypoint !== "string")
    return err(`the record of "${String(id)}" is of kind ${String(kind)} and does not say what policy was asked; intents and refusals do`);
  const { masked = [], limits, ...rest } = input;
  const hidden = [...pathsIn(masked), ...omittedIn(limits)];
  const judged = judgedPaths(hidden, rest, readers);
  if (judged.length > 0)
    return err(
      `the record of "${String(id)}" does not hold ${judged.map(quoted).join(", ")}, which may decide: the mask of the bundle took it out`,
    );
  const name = `${String(id)}: ${String(record.target ?? record.method)}, ${String(decision.effect)}`;
  const whole = { ...rest, ...(limits === undefined ? {} : { limits: restored(limits) }) };
  return ok({
    value: { name, entrypoint: entrypoint.replace(/^toolgate\//, ""), input: whole, want: decision },
    comments: commentsOf(record, hidden),
  });
}

function commentsOf({ id, time, bundle }: LogRecord, hidden: readonly string[]): readonly string[] {
  const by = isMembers(bundle) ? `, by ${String(bundle.name)} ${String(bundle.revision)} (sequence ${String(bundle.sequence)})` : "";
  const masked = hidden.length === 0 ? [] : [`Not as it was: ${hidden.join(", ")} is masked in the record; no rule reads it.`];
  return [`${String(id)}, decided at ${String(time)}${by}.`, ...masked];
}

/** Below these the product library reads nothing; everything else decides, whatever the author's rules read. */
const free = [
  ...["args", "args_digest", "client", "request", "network", "session", "user/id", "user/issuer", "user/email", "user/auth"],
  ...["agent/name", "agent/owner", "agent/team", "agent/surface", "agent/instance", "resource/uri", "resource/path", "resource/host"],
].map((path) => path.split("/"));

function judgedPaths(hidden: readonly string[], input: Members, readers: Readers): readonly string[] {
  const server = isMembers(input.server) ? String(input.server.id) : "_none";
  const reads = readers.readsFor(server);
  return hidden.filter((path) => {
    const steps = stepsOf(path);
    if (!free.some((own) => own.length <= steps.length && meet(own, steps))) return true;
    return reads === undefined || reads.some((read) => meet(read, steps));
  });
}

/** Whether one path leads to the other, or through it. `*` stands for every step. */
function meet(a: readonly string[], b: readonly string[]): boolean {
  return a.slice(0, b.length).every((step, at) => step === b[at] || step === "*" || b[at] === "*");
}

/** RFC 6901. */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function pathsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function omittedIn(limits: unknown): readonly string[] {
  return isMembers(limits) ? pathsIn(limits.omitted) : [];
}

/** What a record leaves out was there when it was decided. */
function restored(limits: unknown): unknown {
  const none = { truncated: [], omitted: [] };
  return isMembers(limits) && isDeepStrictEqual(Object.keys(limits).sort(), ["omitted", "truncated"])
    ? { ...limits, omitted: none.omitted }
    : limits;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quoted(path: string): string {
  return path === "" ? "the input" : `"${path}"`;
}
