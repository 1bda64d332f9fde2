import type { RolloutStep } from "../../core/operations.ts";

/** What makes no sense in the steps that somebody asks for; undefined where all of it does. */
export function stepsMistake(steps: readonly RolloutStep[]): string | undefined {
  if (steps.length === 0) return "found no step, wanted at least one";
  for (const [at, step] of steps.entries()) {
    const mistake = stepMistake(step);
    if (mistake !== undefined) return `step ${at + 1}: ${mistake}`;
    if (step.forMs === undefined && at + 1 < steps.length) return `step ${at + 1}: found no time, wanted one: a step follows it`;
  }
  return undefined;
}

function stepMistake({ mode, percent, agents, forMs }: RolloutStep): string | undefined {
  if (forMs !== undefined && !(Number.isFinite(forMs) && forMs > 0)) return `found a time of ${forMs} ms, wanted more than 0`;
  if (mode === "shadow") return percent === undefined && agents === undefined ? undefined : "found a share, wanted none in shadow";
  if ((percent === undefined) === (agents === undefined)) return "wanted either a share in percent or agents by name";
  if (percent !== undefined && !(percent >= 1 && percent <= 100)) return `found ${percent} percent, wanted 1 to 100`;
  return agents?.length === 0 ? "found no agent, wanted at least one" : undefined;
}

/** `shadow`, `a canary of 5 %`, `a canary of 2 agents`. */
export function stepText({ mode, percent, agents }: RolloutStep): string {
  if (mode === "shadow") return "shadow";
  return agents === undefined
    ? `a canary of ${percent ?? 0} %`
    : `a canary of ${agents.length} ${agents.length === 1 ? "agent" : "agents"}`;
}
