import { type Command, InvalidArgumentError, Option } from "commander";
import type { RollbackRule, RolloutStep } from "../../core/operations.ts";
import { parseRollbackRule, rollbackRuleText } from "../../gateway/index.ts";
import type { RolloutBody, StagedAnswer } from "../../http/index.ts";
import { adminFlags } from "../admin/index.ts";
import { duration, durationText, wholeNumber } from "../flags.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { type ActFlags, announce, finish, type Looked, look, stage } from "./act.ts";
import { bundleName, stepText } from "./status-text.ts";

export interface BeginFlags extends ActFlags {
  readonly for?: number;
  readonly rollbackIf: readonly RollbackRule[];
  readonly minCalls: number;
  readonly atEnd: "promote" | "wait";
}

const MOST_CALLS = 1_000_000_000;

/** What a shadow and a canary have in common. */
export function beginFlags(command: Command): Command {
  return adminFlags(
    command
      .argument("[bundle]", "a signed bundle; else what is under way, staged last, or held")
      .option("--for <time>", "end the step after this time, e.g. 30m, 12h, 7d", duration)
      .addOption(
        new Option("--rollback-if <rule>", "go back by itself, e.g. 'new-denies>20' or 'new-denies>2%'; may be repeated")
          .argParser(rules)
          .default([], "never"),
      )
      .option("--min-calls <n>", "compared calls before a time or a percentage counts", wholeNumber(0, MOST_CALLS), 0)
      .addOption(new Option("--at-end <what>", "what follows when the time is over").choices(["promote", "wait"]).default("wait"))
      .requiredOption("--why <text>", "the reason, for the record"),
  );
}

function rules(text: string, before: readonly RollbackRule[]): readonly RollbackRule[] {
  const rule = parseRollbackRule(text);
  if (!rule.ok) throw new InvalidArgumentError(`wanted ${rule.error}`);
  return [...before, rule.value];
}

/** Begins a rollout with this step, or takes the one under way into it. */
export async function begin(terminal: Terminal, file: string | undefined, flags: BeginFlags, mode: RolloutStep): Promise<number> {
  if (flags.atEnd === "promote" && flags.for === undefined) {
    terminal.err("--at-end promote needs --for: without a time nothing ends by itself");
    return exitCodes.usage;
  }
  const looked = await look(terminal, flags);
  if (typeof looked === "number") return looked;
  const staged = file === undefined ? undefined : await stage(terminal, looked, flags, file);
  if (staged?.ok === false) return staged.error;
  const step: RolloutStep = { ...mode, ...(flags.for === undefined ? {} : { forMs: flags.for }) };
  const { rollbackIf, minCalls, atEnd, why } = flags;
  const body: RolloutBody = {
    steps: [{ ...step, ...(step.agents === undefined ? {} : { agents: [...step.agents] }) } as RolloutBody["steps"][number]],
    rollbackIf: [...rollbackIf],
    minCalls,
    atEnd,
    why,
    ...(staged === undefined ? {} : { digest: staged.value.digest }),
  };
  announce(terminal, flags, intention(looked, staged?.value, step, flags));
  const { client, etag } = looked;
  const acted = await client.ask("startRollout", { body, ...(etag === undefined ? {} : { ifMatch: etag }) });
  return finish(terminal, flags, acted, `The rollout is under way: ${stepText(step)}.`);
}

/** What it begins with, and what will come of it by itself: rules of a step before do not stand in for missing ones. */
function intention(
  { status: { state } }: Looked,
  staged: StagedAnswer | undefined,
  step: RolloutStep,
  { atEnd, rollbackIf }: BeginFlags,
): string {
  const bundle = staged ?? state.rollout?.bundle ?? state.held;
  const what = bundle === undefined ? "what was staged last" : bundleName(bundle);
  const time =
    step.forMs === undefined
      ? "until an operator goes on"
      : `for ${durationText(step.forMs)}, then ${atEnd === "promote" ? "promoted" : "it waits"}`;
  const back = rollbackIf.length === 0 ? "it does not go back by itself" : `goes back if ${rollbackIf.map(rollbackRuleText).join(", ")}`;
  return `${stepText(step)} of ${what}${state.promoted ? ` over ${bundleName(state.promoted)}` : ""}\n  ${time}; ${back}`;
}
