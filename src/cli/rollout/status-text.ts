import type { Flip, RolloutStep } from "../../core/operations.ts";
import { rollbackRuleText } from "../../gateway/index.ts";
import type { StatusAnswer } from "../../http/index.ts";
import { durationText } from "../flags.ts";
import { type Terminal, table } from "../terminal.ts";
import { nextText } from "./next-text.ts";
import { replicaRows } from "./replica-rows.ts";
import { flipWords, shortDigest } from "./words.ts";

type State = StatusAnswer["state"];
type Rollout = NonNullable<State["rollout"]>;

/** What an operator wants to know at one look: what decides, what is on its way, what it would change, who follows, what can be done. */
export function statusText(terminal: Terminal, status: StatusAnswer, now: number): string {
  const { paint } = terminal;
  const { state } = status;
  const parts = [
    `${paint.bold(state.promoted?.name ?? status.environment)} in ${status.environment}, tenant ${status.tenant}: ${answerText(state)}`,
    table([
      ...bundleRows(terminal, state, now),
      ...(state.rollout ? rolloutRows(terminal, status, state.rollout, now) : endedRows(terminal, state, now)),
      ...quarantineRows(terminal, state, now),
    ]),
    ...comparisonParts(terminal, status),
    ...(status.replicas.length === 0
      ? []
      : [table([["replica", "active", "candidate", ""].map(paint.dim), ...replicaRows(terminal, status)])]),
    ...notReady(terminal, status),
    nextText(terminal, state),
  ];
  return parts.join("\n\n");
}

type Bundle = Rollout["bundle"];

/** What the first line says: how it is, in a few words. */
function answerText({ promoted, rollout, held }: State): string {
  const step = rollout?.steps[rollout.step];
  if (rollout && step) return `${stepText(step)} of ${rollout.bundle.revision}`;
  if (held) return `${held.revision} waits for an operator`;
  return promoted ? `${promoted.revision} decides for all` : "nothing decides yet";
}

/** A bundle in a sentence. */
export function bundleName({ revision, sequence, digest }: Pick<Bundle, "revision" | "sequence" | "digest">): string {
  return `${revision} (sequence ${sequence}, ${shortDigest(digest)})`;
}

/** A bundle in a table. */
export function bundleText({ revision, sequence, digest }: Pick<Bundle, "revision" | "sequence" | "digest">): string {
  return `${revision}  sequence ${sequence}  ${shortDigest(digest)}`;
}

const ago = (at: number, now: number) => `${durationText(now - at)} ago`;

function bundleRows({ paint }: Terminal, { promoted, rollout, held }: State, now: number): string[][] {
  return [
    [paint.dim("promoted"), promoted ? `${bundleText(promoted)}  ${ago(promoted.at, now)} by ${promoted.by}` : "nothing yet"],
    ...(rollout ? [[paint.dim("candidate"), `${bundleText(rollout.bundle)}  signed by ${rollout.bundle.signer}`]] : []),
    ...(held ? [[paint.dim("held"), `${bundleText(held)}  waits for an operator since ${durationText(now - held.at)}`]] : []),
  ];
}

function rolloutRows({ paint }: Terminal, { canary }: StatusAnswer, rollout: Rollout, now: number): string[][] {
  const { steps, step, stepAt, atEnd, rollbackIf, minCalls, by, at } = rollout;
  const under = steps[step];
  if (under === undefined) return [];
  const following = steps[step + 1];
  const left = under.forMs === undefined ? "until an operator goes on" : leftText(stepAt + under.forMs - now);
  const after = following
    ? `then ${stepText(following)}`
    : under.forMs === undefined
      ? ""
      : atEnd === "promote"
        ? "then promoted"
        : "then it waits";
  const number = steps.length === 1 ? "" : `step ${step + 1} of ${steps.length}`;
  return [
    [paint.dim("mode"), [paint.bold(stepText(under)), number, left, after].filter((text) => text !== "").join(", ")],
    [paint.dim("begun"), `${ago(at, now)} by ${by}`],
    ...(under.mode === "canary" && canary ? [[paint.dim("agents"), agentsText(canary)]] : []),
    ...(rollbackIf.length === 0 ? [] : [[paint.dim("goes back"), rollbackIf.map(rollbackRuleText).join(", ")]]),
    ...(minCalls === 0 ? [] : [[paint.dim("needs"), `${minCalls} compared calls before its time, or a percentage, counts`]]),
  ];
}

function leftText(ms: number): string {
  return ms > 0 ? `${durationText(ms)} left` : "its time is over";
}

export function stepText({ mode, percent, agents }: RolloutStep): string {
  if (mode === "shadow") return "shadow";
  if (percent !== undefined) return `canary of ${percent} %`;
  return agents === undefined ? "canary" : `canary of ${agents.length === 1 ? agents[0] : `${agents.length} agents`}`;
}

function agentsText({ agents, of, named }: NonNullable<StatusAnswer["canary"]>): string {
  const others = agents - named.length;
  const names = named.join(", ");
  return `${agents} of ${of}${names === "" ? "" : `: ${names}`}${others > 0 && named.length > 0 ? ` and ${others} more` : ""}`;
}

function endedRows({ paint }: Terminal, { ended: [last] }: State, now: number): string[][] {
  if (last === undefined) return [];
  const how = last.end === "promoted" ? paint.green("promoted") : paint.yellow("rolled back");
  return [[paint.dim("last"), `${bundleText(last.bundle)}  ${how} ${ago(last.at, now)} by ${last.by}: ${last.why}`]];
}

function quarantineRows({ paint }: Terminal, { quarantine }: State, now: number): string[][] {
  const held = quarantine.filter(({ until }) => until === undefined || now < until).length;
  return held === 0 ? [] : [[paint.dim("quarantine"), `${held} ${held === 1 ? "entry" : "entries"}; toolgate quarantine list shows them`]];
}

const shownFlips: readonly Flip[] = ["new_deny", "new_allow", "new_ask", "changed", "failed"];

function comparisonParts({ paint }: Terminal, { counts, state }: StatusAnswer): string[] {
  if (!counts || (!state.rollout && counts.compared === 0)) return [];
  const { compared, flips, skipped, differences } = counts;
  const found = shownFlips.filter((flip) => (flips[flip] ?? 0) > 0).map((flip) => `${flipWords[flip]} ${flips[flip]}`);
  const summary = [
    `compared ${compared} ${compared === 1 ? "call" : "calls"}`,
    found.length > 0 ? found.join(", ") : compared > 0 ? "no difference" : "",
    skipped > 0 ? `${skipped} skipped: too many at once` : "",
  ];
  const rows = differences.map(({ flip, agent, target, rule, count, samples }) => [
    flip === "new_deny" || flip === "failed" ? paint.red(flipWords[flip]) : paint.yellow(flipWords[flip]),
    agent,
    target,
    rule,
    String(count),
    paint.dim(samples[0] ?? ""),
  ]);
  const head = ["flip", "agent", "target", "rule", "calls", "explain"].map(paint.dim);
  return [summary.filter((text) => text !== "").join("; "), ...(rows.length === 0 ? [] : [table([head, ...rows])])];
}

function notReady({ paint }: Terminal, { readiness }: StatusAnswer): string[] {
  const broken = Object.entries(readiness.parts).filter(([, { ok }]) => !ok);
  return broken.length === 0 ? [] : [broken.map(([part, { detail }]) => `${paint.red("not ready")}  ${part}: ${detail}`).join("\n")];
}
