import { parseArgs } from "node:util";
import { type GateName, gateNames } from "./measure.ts";

export interface Options {
  readonly json: boolean;
  /** Which gates take part. */
  readonly gates: readonly GateName[];
  /** Rounds in which floor and every gate take turns. */
  readonly rounds: number;
  /** Of these, how many include the gates that only tell what one setting costs. */
  readonly alwaysRounds: number;
  /** Seconds of one turn. */
  readonly turnS: number;
  /** Rounds at a fixed rate, and seconds of one turn in them. */
  readonly openRounds: number;
  readonly openS: number;
  /** Seconds that each target is warmed up: the gate's code is compiled to the end after some 20 000 calls. */
  readonly warmS: number;
  /** Seconds at the fixed rate before it counts: a heap that was just filled at full speed is cleared up in them. */
  readonly leadS: number;
  /** Whether the gates that only tell what one setting costs take part at the fixed rate. */
  readonly openAsides: boolean;
  /** Times that decide and discover are evaluated for their medians. */
  readonly evaluations: number;
  /** Times that each long list, large result and stream is done. */
  readonly largeTimes: number;
  /** Where the gate with the memory store writes a CPU profile when it ends. */
  readonly cpuProf: string | undefined;
}

type Plan = Omit<Options, "json" | "gates" | "cpuProf">;

const whole: Plan = {
  rounds: 5,
  alwaysRounds: 3,
  turnS: 2,
  openRounds: 2,
  openS: 4,
  leadS: 1.5,
  openAsides: true,
  warmS: 6,
  evaluations: 2000,
  largeTimes: 30,
};
const quick: Plan = {
  rounds: 3,
  alwaysRounds: 1,
  turnS: 0.9,
  openRounds: 1,
  openS: 2.2,
  leadS: 1,
  openAsides: false,
  warmS: 5,
  evaluations: 1000,
  largeTimes: 10,
};
const tiny: Plan = {
  rounds: 1,
  alwaysRounds: 1,
  turnS: 0.1,
  openRounds: 1,
  openS: 0.2,
  leadS: 0.05,
  openAsides: true,
  warmS: 0.1,
  evaluations: 20,
  largeTimes: 1,
};

export const usage = `npm run bench -- [--quick | --tiny] [--json] [--gates <names>] [--cpu-prof <folder>]

  --quick              shorter turns: under 50 seconds instead of under 3 minutes
  --tiny               a second, to see that everything runs; its figures mean nothing
  --json               one JSON object instead of the table
  --gates <names>      some of memory,forgetful,redis,always; all of them if absent, with --quick not forgetful
  --cpu-prof <folder>  let the gate with the memory store write a CPU profile there`;

/** Throws with what is wrong on the command line. */
export function readOptions(argv: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      tiny: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      gates: { type: "string" },
      "cpu-prof": { type: "string" },
    },
  });
  if (values.help) return "help";
  const plan = values.tiny ? tiny : values.quick ? quick : whole;
  // What only tells what one setting costs has its time in the whole bench.
  const usual: readonly string[] = values.quick ? gateNames.filter((name) => name !== "forgetful") : gateNames;
  const named = values.gates?.split(",") ?? usual;
  const gates = gateNames.filter((name) => named.includes(name));
  if (gates.length !== named.length) throw new Error(`--gates is "${values.gates}", wanted some of ${gateNames.join()}`);
  return { json: values.json, gates, cpuProf: values["cpu-prof"], ...plan };
}
