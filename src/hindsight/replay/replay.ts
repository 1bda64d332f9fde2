import { ok, type Result } from "../../core/result.ts";
import type { Rejudge } from "../../gateway/index.ts";
import {
  askedOf,
  type BrokenLog,
  type HeldRecord,
  isMembers,
  type NoLog,
  type Place,
  type ReadProgress,
  readRecords,
  type Span,
  Tally,
} from "../records/index.ts";
import type { BundleLost } from "./opened-bundles.ts";
import { OpenedBundles } from "./opened-bundles.ts";
import { type Replayed, replayAdmission, replayDecision, replayList } from "./replay-record.ts";
import type { Difference, Replay, ReplayedKind } from "./report.ts";

export interface ReplayOptions extends Span {
  /** Only the records of this decision. */
  readonly decision?: string;
  readonly progress?: ReadProgress;
}

/** Differences that are told in full; all are counted. */
const MOST_TOLD = 50;

/** Decides recorded traffic again, each record on the very bundle that it names. */
export async function replayLogs(places: readonly Place[], options: ReplayOptions = {}): Promise<Result<Replay, NoLog>> {
  const run = new Run(places);
  try {
    const use = (record: HeldRecord) => {
      if (options.decision !== undefined && record.value.id !== options.decision) return undefined;
      return run.record(record);
    };
    const read = await readRecords(places, options, use, options.progress);
    return read.ok ? ok(run.report(read.value)) : read;
  } finally {
    await run.bundles.close();
  }
}

interface Counts {
  replayed: number;
  equal: number;
  different: number;
  readonly unjudgeable: Tally;
}

const counts = (): Counts => ({ replayed: 0, equal: 0, different: 0, unjudgeable: new Tally() });

class Run {
  readonly bundles: OpenedBundles;
  readonly #of: Readonly<Record<ReplayedKind, Counts>> = { decision: counts(), list: counts(), admission: counts() };
  readonly #differences: Difference[] = [];
  readonly #lost = new Map<string, { readonly lost: BundleLost; count: number }>();
  readonly #without = new Tally();
  #records = 0;

  constructor(places: readonly Place[]) {
    this.bundles = new OpenedBundles(places);
  }

  async record(record: HeldRecord): Promise<void> {
    this.#records += 1;
    const { kind, bundle } = record.value;
    const replay = wayOf(record);
    if (replay === undefined) {
      this.#without.add(String(kind));
      return;
    }
    const digest = isMembers(bundle) ? String(bundle.digest) : "";
    const opened = await this.bundles.of(digest);
    if (opened.ok) this.#count(record, replay.kind, await replay.ask(opened.value));
    else this.#lose(digest, opened.error);
  }

  #lose(digest: string, lost: BundleLost): void {
    const known = this.#lost.get(digest);
    if (known) known.count += 1;
    else this.#lost.set(digest, { lost, count: 1 });
  }

  #count({ place, value }: HeldRecord, kind: ReplayedKind, replayed: Replayed): void {
    const of = this.#of[kind];
    if (replayed.kind === "unjudgeable") {
      of.unjudgeable.add(replayed.why);
      return;
    }
    of.replayed += 1;
    if (replayed.kind === "equal") of.equal += 1;
    else {
      of.different += 1;
      const { members, recorded, again } = replayed;
      const about = { place: place.name, id: String(value.id), time: String(value.time), what: kind, target: targetOf(value) };
      if (this.#differences.length < MOST_TOLD) this.#differences.push({ ...about, members, recorded, again });
    }
  }

  report({ records, logs, faults, live }: { records: number; logs: number; faults: readonly BrokenLog[]; live: readonly Place[] }): Replay {
    const told = ({ unjudgeable, ...rest }: Counts) => ({ ...rest, unjudgeable: { count: unjudgeable.total, by: unjudgeable.told() } });
    const { decision, list, admission } = this.#of;
    return {
      records: this.#records,
      logs: { logs, records, live: live.map(({ name }) => name) },
      decisions: told(decision),
      lists: told(list),
      admissions: told(admission),
      withoutBundle: [...this.#lost.values()].map(({ lost, count }) => ({ ...lost, records: count })),
      otherRecords: this.#without.told(),
      differences: this.#differences,
      faults: faults.map(({ place, fault }) => ({ place: place.name, ...fault })),
    };
  }
}

/** How a record is replayed; nothing for one that holds no answer of policy. */
function wayOf(record: HeldRecord): { readonly kind: ReplayedKind; readonly ask: (on: Rejudge) => Promise<Replayed> } | undefined {
  const { entrypoint } = record.value;
  const asked = entrypoint === "toolgate/decide" ? askedOf(record) : undefined;
  if (asked) return { kind: "decision", ask: (on) => replayDecision(on, asked) };
  if (record.value.kind === "list" && "visible" in record.value) return { kind: "list", ask: (on) => replayList(on, record) };
  if (entrypoint === "toolgate/admit") return { kind: "admission", ask: (on) => replayAdmission(on, record) };
  return undefined;
}

function targetOf({ target, method }: HeldRecord["value"]): string {
  return String(target ?? method ?? "");
}
