import type { IntendedCall } from "../call.ts";
import { inspects } from "../release.ts";

type Members = Readonly<Record<string, unknown>>;

/** Members that every task has. What else a server puts there is not known, and does not get out. */
const common = ["status", "createdAt", "lastUpdatedAt", "ttlMs", "pollIntervalMs"] as const;

/** A task as its client sees it, without its result. Where results are inspected, words ahead of the result are left out. */
export function shownTask(call: IntendedCall, taskId: string, task: Members): Members {
  const shown: Record<string, unknown> = { taskId };
  for (const name of common) if (task[name] !== undefined) shown[name] = task[name];
  const { statusMessage } = task;
  if (typeof statusMessage === "string" && !inspects(call)) shown.statusMessage = call.parts.credentials.scrub(statusMessage);
  return shown;
}
