import { parseArgs } from "node:util";
import type { Running } from "./processes.ts";
import { median, rounded } from "./report.ts";
import type { Turn, Turns } from "./turns.ts";

/** Gates beside each other in one run: the same work, in turns, so that what else the machine does meets all of them alike. */

export interface PairPlan {
  readonly warmS: number;
  /** Rounds in which each gate has one turn, and seconds of it. */
  readonly rounds: number;
  readonly turnS: number;
  /** Rounds at the fixed rate, seconds of one turn in them, and seconds before it counts. */
  readonly openRounds: number;
  readonly openS: number;
  readonly leadS: number;
}

const whole: PairPlan = { warmS: 8, rounds: 10, turnS: 2, openRounds: 3, openS: 4, leadS: 1.5 };
const quick: PairPlan = { warmS: 5, rounds: 6, turnS: 1, openRounds: 2, openS: 2.2, leadS: 1 };
const tiny: PairPlan = { warmS: 0.1, rounds: 1, turnS: 0.1, openRounds: 1, openS: 0.2, leadS: 0.05 };

export interface PairOptions {
  readonly json: boolean;
  readonly plan: PairPlan;
}

/** Throws with what is wrong on the command line. */
export function readPairOptions(argv: readonly string[]): PairOptions | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      tiny: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  return { json: values.json, plan: values.tiny ? tiny : values.quick ? quick : whole };
}

/** A turn of each gate, in one round. */
export type Round = ReadonlyMap<string, Turn>;

/** Every gate has its turn in each round, in the opposite order every other time. `leadS`: seconds of each turn that do not count. */
export async function roundsOf(turns: Turns, gates: readonly string[], { rounds, turnS }: PairPlan, leadS = 0): Promise<readonly Round[]> {
  const done: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? gates : gates.toReversed();
    const took = new Map<string, Turn>();
    for (const name of order) {
      if (leadS > 0) await turns.closed(name, leadS);
      took.set(name, await turns.closed(name, turnS));
    }
    done.push(took);
  }
  return done;
}

/** What one gate does by what another does, for each round the one by the other; the figure is the median. */
export function ratioOf(rounds: readonly Round[], one: string, other: string, read: (turn: Turn) => number): number | null {
  const ratios = rounds.flatMap((round) => {
    const [upper, lower] = [round.get(one), round.get(other)];
    return upper === undefined || lower === undefined ? [] : read(upper) / read(lower);
  });
  return median(ratios, 3);
}

export function medianOf(rounds: readonly Round[], name: string, read: (turn: Turn) => number): number | null {
  return median(
    rounds.flatMap((round) => {
      const turn = round.get(name);
      return turn === undefined ? [] : read(turn);
    }),
    1,
  );
}

/** Starts what a bench needs, and ends all of it whatever happens. */
export async function withProcesses<T>(work: (start: (running: Promise<Running>) => Promise<Running>) => Promise<T>): Promise<T> {
  const started: Running[] = [];
  try {
    return await work(async (running) => {
      const one = await running;
      started.push(one);
      return one;
    });
  } finally {
    await Promise.all(started.map((one) => one.stop()));
  }
}

export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

export const percentage = (share: number | null): string => (share === null ? "" : `${rounded(share * 100, 1)} %`);
