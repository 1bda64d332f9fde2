import { setTimeout } from "node:timers/promises";
import { request } from "undici";
import type { RolloutStep } from "../src/core/operations.ts";
import type { StagedAnswer, StatusAnswer } from "../src/http/admin/index.ts";
import type { Running } from "./processes.ts";

/** What an operator does to a gate of the bench, over its admin API. */

/** What the bench waits for is there after so many milliseconds, or never. */
const PATIENCE_MS = 15_000;
/** Longer than what was noted waits before it is compared. */
const LOOK_MS = 250;

/** Puts a bundle on its way, until somebody ends it. Resolves when the gate asks it, or decides with it. */
export async function beginRollout(gate: Running, bearer: string, bundle: Uint8Array, step: RolloutStep): Promise<void> {
  const { digest } = (await ask(gate, bearer, "POST", "/bundles", bundle)) as StagedAnswer;
  await ask(gate, bearer, "POST", "/rollout", { digest, steps: [step], why: "to see what it costs" });
  await until(`the gate "${gate.name}" has the second bundle`, async () => {
    const { replicas } = await statusOf(gate, bearer);
    return replicas.some(({ candidate }) => candidate === digest);
  });
}

/** What was counted so far; resolves when it is at least for so many calls and nothing more comes, so between two turns. */
export async function comparedOf(gate: Running, bearer: string, atLeast: number): Promise<Compared> {
  let told: Compared | undefined;
  await until(`the gate "${gate.name}" has compared what it noted`, async () => {
    const { counts } = await statusOf(gate, bearer);
    const now =
      counts === undefined
        ? noneCompared
        : { compared: counts.compared, different: counts.compared - counts.flips.same, skipped: counts.skipped };
    const rests = now.compared === told?.compared && now.skipped === told.skipped;
    told = now;
    return rests && now.compared + now.skipped >= atLeast;
  });
  return told ?? noneCompared;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const last = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > last) throw new Error(`it took too long until ${what}`);
    await setTimeout(LOOK_MS);
  }
}

/** How many calls were compared since the rollout began, how many were not, and how many of them would go otherwise. */
export interface Compared {
  readonly compared: number;
  readonly different: number;
  readonly skipped: number;
}

export const noneCompared: Compared = { compared: 0, different: 0, skipped: 0 };

export function comparedSince(before: Compared | undefined, now: Compared): Compared {
  return {
    compared: now.compared - (before?.compared ?? 0),
    different: now.different - (before?.different ?? 0),
    skipped: now.skipped - (before?.skipped ?? 0),
  };
}

async function statusOf(gate: Running, bearer: string): Promise<StatusAnswer> {
  return (await ask(gate, bearer, "GET", "/status")) as StatusAnswer;
}

async function ask(gate: Running, bearer: string, method: "GET" | "POST", path: string, body?: object): Promise<unknown> {
  if (gate.admin === undefined) throw new Error(`operators do not reach the gate "${gate.name}"`);
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : body && JSON.stringify(body);
  const answer = await request(`${gate.admin}/admin/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${bearer}`,
      ...(body && { "content-type": body instanceof Uint8Array ? "application/vnd.openpolicyagent.bundles" : "application/json" }),
    },
    ...(bytes === undefined ? {} : { body: bytes }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}
