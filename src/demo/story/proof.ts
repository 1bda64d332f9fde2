import { table } from "../../cli/terminal.ts";
import { type LogRecord, tailLog, verifyLog } from "../../parts/decisions/index.ts";
import type { Telling, WantedCall } from "./telling.ts";

// The story is held against what others wrote down: the gateway's records, and the crm's own journal.

/** Every call of the story has its record, with the effect and code that the caller was told, and names its bundle. */
export async function checkRecords(telling: Telling): Promise<readonly string[]> {
  const records: LogRecord[] = [];
  for await (const record of tailLog(telling.setUp.logFolder)) records.push(record);
  const calls = records.filter((record) => record.method === "tools/call");
  const wanted = tally(telling.wanted.map(wantedKey));
  const codes = new Set(telling.wanted.flatMap(({ code }) => code ?? []));
  const ends = calls.filter(({ kind }) => kind === "outcome" || kind === "refusal");
  const found = tally(ends.map((record) => recordKey(record, codes)));
  tellBundles(telling, calls);
  return [...differences(wanted, found, "records"), ...unpaired(calls), ...calls.flatMap(withoutBundle)];
}

/** The crm got exactly the calls that were allowed: not one more, not one with other arguments. */
export async function checkServers(telling: Telling): Promise<readonly string[]> {
  const { journalUrl, secret } = telling.setUp.crm;
  const response = await fetch(journalUrl, { headers: { authorization: `Bearer ${secret}` } });
  const journal = (await response.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LogRecord);
  const calls = journal.filter(({ method }) => method === "tools/call");
  const allowed = telling.wanted.filter(({ target, effect }) => target.startsWith("crm.") && effect === "allow");
  telling.line(`the crm received ${calls.length} calls; ${allowed.length} were allowed`);
  const key = (tool: string, args: unknown) => `${tool} ${JSON.stringify(args)}`;
  const found = tally(calls.map(({ tool, arguments: args }) => key(String(tool), args)));
  return differences(tally(allowed.map(({ target, args }) => key(target.slice("crm.".length), args))), found, "calls at the crm");
}

export async function checkLog(telling: Telling): Promise<readonly string[]> {
  const result = await verifyLog(telling.setUp.logFolder);
  const { paint } = telling.terminal;
  if (result.fault) return [`the log does not hold: ${result.fault.code} at ${result.fault.file}:${result.fault.line}`];
  telling.line(`${paint.green("the log holds")}: ${result.records} records, head ${paint.dim(result.head?.hash ?? "")}`);
  return [];
}

function wantedKey({ user, agent, target, effect, code }: WantedCall): string {
  return [user ?? "", agent, target, effect, code ?? ""].join(" ");
}

/** A call may be refused for several reasons; the one that the story waits for counts. */
function recordKey(record: LogRecord, wanted: ReadonlySet<string>): string {
  const principal = record.principal as LogRecord | undefined;
  const codes = Array.isArray(record.reasons) ? (record.reasons as readonly LogRecord[]).map(({ code }) => String(code)) : [];
  const target = String(record.target).replace("__", ".");
  return [principal?.user ?? "", principal?.agent, target, record.effect, codes.find((code) => wanted.has(code)) ?? codes[0] ?? ""].join(
    " ",
  );
}

function tally(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function differences(wanted: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>, what: string): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])]
    .filter((key) => wanted.get(key) !== found.get(key))
    .map((key) => `${what}: found ${found.get(key) ?? 0} of "${key.trim()}", wanted ${wanted.get(key) ?? 0}`);
}

function unpaired(calls: readonly LogRecord[]): string[] {
  const outcomes = new Map(calls.filter(({ kind }) => kind === "outcome").map((record) => [record.id, record]));
  return calls
    .filter(({ kind }) => kind === "intent")
    .flatMap((intent) => {
      const outcome = outcomes.get(intent.id);
      if (!outcome) return [`records: found the intent ${String(intent.id)} without an outcome`];
      const same = digestOf(intent) === digestOf(outcome);
      return same ? [] : [`records: found two bundles in the records of ${String(intent.id)}`];
    });
}

function withoutBundle(record: LogRecord): string[] {
  return digestOf(record) === undefined ? [`records: found ${String(record.kind)} ${String(record.id)} without a bundle digest`] : [];
}

function digestOf(record: LogRecord): unknown {
  return (record.bundle as LogRecord | null | undefined)?.digest;
}

function tellBundles(telling: Telling, calls: readonly LogRecord[]): void {
  const { paint } = telling.terminal;
  const rows = new Map<string, { intent: number; outcome: number; refusal: number; digest: string }>();
  for (const record of calls) {
    const { revision, digest } = record.bundle as { revision: string; digest: string };
    const row = rows.get(revision) ?? { intent: 0, outcome: 0, refusal: 0, digest };
    if (record.kind === "intent" || record.kind === "outcome" || record.kind === "refusal") row[record.kind] += 1;
    rows.set(revision, row);
  }
  const lines = [...rows].map(([revision, row]) => [
    revision,
    `${row.intent} intents`,
    `${row.outcome} outcomes`,
    `${row.refusal} refusals`,
    paint.dim(row.digest),
  ]);
  telling.terminal.out(table(lines, "   "));
}
