import { parseArgs } from "node:util";

export interface Options {
  readonly json: boolean;
  /** Rounds in which floor and every gate take turns. */
  readonly rounds: number;
  /** Of these, how many include the gate that waits for the disk. */
  readonly alwaysRounds: number;
  /** Seconds of one turn. */
  readonly turnS: number;
  /** Rounds at a fixed rate, and seconds of one turn in them. */
  readonly openRounds: number;
  readonly openS: number;
  /** Seconds that each target is warmed up. */
  readonly warmS: number;
  /** Times that decide and discover are evaluated for their medians. */
  readonly evaluations: number;
  /** Where the gate with the memory store writes a CPU profile when it ends. */
  readonly cpuProf: string | undefined;
}

type Plan = Omit<Options, "json" | "cpuProf">;

const whole: Plan = { rounds: 8, alwaysRounds: 3, turnS: 2, openRounds: 3, openS: 4, warmS: 2, evaluations: 2000 };
const quick: Plan = { rounds: 4, alwaysRounds: 1, turnS: 1, openRounds: 2, openS: 2.5, warmS: 1.2, evaluations: 1000 };
const tiny: Plan = { rounds: 1, alwaysRounds: 1, turnS: 0.1, openRounds: 1, openS: 0.2, warmS: 0.1, evaluations: 20 };

export const usage = `npm run bench -- [--quick | --tiny] [--json] [--cpu-prof <folder>]

  --quick              shorter turns: under 50 seconds instead of under 3 minutes
  --tiny               a second, to see that everything runs; its figures mean nothing
  --json               one JSON object instead of the table
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
      "cpu-prof": { type: "string" },
    },
  });
  if (values.help) return "help";
  const plan = values.tiny ? tiny : values.quick ? quick : whole;
  return { json: values.json, cpuProf: values["cpu-prof"], ...plan };
}
