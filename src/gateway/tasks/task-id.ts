import type { Decision } from "../../core/decision.ts";
import type { DecisionId } from "../../core/ids.ts";
import type { Call, IntendedCall } from "../call.ts";
import { takesArgsAlong } from "./extension.ts";

/** A server's task, as the client knows it: sealed, so that an id is good for its principal at its door and for nobody else. */
export interface SealedTask {
  readonly v: 1;
  readonly owner: string;
  readonly door: string;
  /** The tool that it came from, as policy calls it. */
  readonly tool: string;
  /** The server's own id. */
  readonly task: string;
  /** What it was called with, for the rules on its result; null where that was too long. */
  readonly args?: string | null;
  /** The decision that let the call through, and what of it holds for the result. */
  readonly from: DecisionId;
  readonly obligations: Decision["obligations"];
  readonly redactions: Decision["redactions"];
}

const TASK = "task";

/** `until`: Unix milliseconds. */
export function sealTask(call: IntendedCall, task: string, until: number): string {
  const { parts, exchange, target, decision } = call;
  const sealed: SealedTask = {
    v: 1,
    owner: exchange.caller.key,
    door: exchange.serverId ?? "",
    tool: target.id,
    task,
    ...(call.argsText === undefined ? {} : { args: takesArgsAlong(call) ? call.argsText : null }),
    from: call.id,
    obligations: decision.obligations.filter(({ type }) => type === "limit_result"),
    redactions: decision.redactions,
  };
  return parts.sealer.seal(TASK, sealed, until);
}

/** Nothing for an id that is expired, foreign or made up: to its bearer they are all alike. */
export function openTask({ parts, exchange }: Pick<Call, "parts" | "exchange">, taskId: string): SealedTask | undefined {
  const opened = parts.sealer.open(TASK, taskId, parts.clock.now());
  if (!opened.ok || !isSealedTask(opened.value)) return undefined;
  const task = opened.value;
  return task.owner === exchange.caller.key && task.door === (exchange.serverId ?? "") ? task : undefined;
}

function isSealedTask(value: unknown): value is SealedTask {
  return typeof value === "object" && value !== null && "v" in value && value.v === 1;
}
