import { type LogRecord, tailLog, verifyLog } from "../../parts/decisions/index.ts";
import type { Telling, ToldCall } from "./telling.ts";

// What the agents were told is held against what others wrote down: the gateway's records, and the crm's own journal.

/** Every call of the story has its record, with the effect and codes that the caller was told, and names its bundle. */
export async function checkRecords(telling: Telling): Promise<readonly string[]> {
  const records: LogRecord[] = [];
  for await (const record of tailLog(telling.setUp.logFolder)) records.push(record);
  const calls = records.filter((record) => record.method === "tools/call");
  const told = tally(telling.told.map(toldKey));
  const codes = new Set(telling.told.flatMap(({ answer }) => answer.reasons.map(({ code }) => code)));
  const ends = calls.filter(({ kind }) => kind === "outcome" || kind === "refusal");
  const found = tally(ends.map((record) => recordKey(record, codes)));
  tellBundles(telling, calls);
  return [...differences(told, found, "records"), ...unpaired(calls), ...calls.flatMap(withoutBundle), ...ends.flatMap(underWrongBundle)];
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
  const told = telling.told.filter(({ target }) => target.startsWith("crm."));
  const allowed = told.filter(({ answer }) => answer.effect === "allow");
  telling.page.line(`${told.length} calls were made, ${allowed.length} allowed; the crm received ${calls.length}`);
  const key = (tool: string, args: unknown) => `${tool} ${JSON.stringify(args)}`;
  const found = tally(calls.map(({ tool, arguments: args }) => key(String(tool), args)));
  return differences(tally(allowed.map(({ target, args }) => key(target.slice("crm.".length), args))), found, "calls at the crm");
}

export async function checkLog({ setUp, page }: Telling): Promise<readonly string[]> {
  const result = await verifyLog(setUp.logFolder);
  if (result.fault) return [`the log does not hold: ${result.fault.code} at ${result.fault.file}:${result.fault.line}`];
  page.line(`${page.paint.green("the log holds:")} ${result.records} records; the last one's digest`);
  page.quiet(result.head?.hash ?? "", 4);
  return [];
}

function toldKey({ user, agent, target, answer }: ToldCall): string {
  const codes = answer.reasons.map(({ code }) => code).sort();
  return [user ?? "", agent, target, answer.effect === "allow" ? "allow" : "deny", ...codes].join(" ");
}

/** A record may name reasons that its caller is not told; only those count that somebody was told. */
function recordKey(record: LogRecord, told: ReadonlySet<string>): string {
  const principal = record.principal as LogRecord | undefined;
  const reasons = Array.isArray(record.reasons) ? (record.reasons as readonly LogRecord[]) : [];
  const codes = reasons.map(({ code }) => String(code)).filter((code) => told.has(code));
  const target = String(record.target).replace("__", ".");
  return [principal?.user ?? "", principal?.agent, target, record.effect, ...codes.sort()].join(" ");
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

/** The second bundle closes what the first one lets through: who was refused by the first, or let through by the second? */
function underWrongBundle(record: LogRecord): string[] {
  if (String(record.target).replace("__", ".") !== "everything-http.get-sum") return [];
  const { sequence } = record.bundle as { readonly sequence: number };
  const wanted = record.effect === "allow" ? 1 : 2;
  return sequence === wanted
    ? []
    : [`records: found ${String(record.effect)} ${String(record.id)} by bundle ${sequence}, wanted ${wanted}`];
}

function digestOf(record: LogRecord): unknown {
  return (record.bundle as LogRecord | null | undefined)?.digest;
}

function tellBundles({ page }: Telling, calls: readonly LogRecord[]): void {
  const rows = new Map<string, { intent: number; outcome: number; refusal: number; digest: string }>();
  for (const record of calls) {
    const { revision, digest } = record.bundle as { revision: string; digest: string };
    const row = rows.get(revision) ?? { intent: 0, outcome: 0, refusal: 0, digest };
    if (record.kind === "intent" || record.kind === "outcome" || record.kind === "refusal") row[record.kind] += 1;
    rows.set(revision, row);
  }
  for (const [revision, { intent, outcome, refusal, digest }] of rows) {
    page.line(`by ${page.paint.bold(revision)}: ${intent} intents, ${outcome} outcomes, ${refusal} refusals`);
    page.quiet(digest, 4);
  }
}
