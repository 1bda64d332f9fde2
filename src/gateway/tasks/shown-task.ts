import type { IntendedCall } from "../call.ts";
import { inspects } from "../release.ts";

type Members = Readonly<Record<string, unknown>>;

const statuses: readonly unknown[] = ["working", "input_required", "completed", "failed", "cancelled"];

export function isTaskStatus(status: unknown): boolean {
  return statuses.includes(status);
}

const instant = /^[0-9TtZz:.+-]{1,40}$/;
const isInstant = (value: unknown) => typeof value === "string" && instant.test(value);
const isMs = (value: unknown) => typeof value === "number" && Number.isFinite(value);

/**
 * Members that every task has, and what they may hold. What else a server puts there is not known, and does not get out:
 * nobody inspects these, so that no words may travel in them.
 */
const common: Readonly<Record<string, (value: unknown) => boolean>> = {
  status: isTaskStatus,
  createdAt: isInstant,
  lastUpdatedAt: isInstant,
  ttlMs: (value) => value === null || isMs(value),
  pollIntervalMs: isMs,
};

/** A task as its client sees it, without its result. Where results are inspected, words ahead of the result are left out. */
export function shownTask(call: IntendedCall, taskId: string, task: Members): Members {
  const shown: Record<string, unknown> = { taskId };
  for (const [name, fits] of Object.entries(common)) if (fits(task[name])) shown[name] = task[name];
  const { statusMessage } = task;
  if (typeof statusMessage === "string" && !inspects(call)) shown.statusMessage = call.parts.credentials.scrub(statusMessage);
  return shown;
}
