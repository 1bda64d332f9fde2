import type { Decision } from "../core/decision.ts";
import { sha256Hex } from "../core/digest.ts";
import type { AimedCall } from "./call.ts";
import { clientText } from "./input.ts";

/**
 * Remembers decisions by everything that they can depend on: the caller and the target, and those parts of the input that
 * the packages serving the target can read. The build derives these from the policies; where it cannot, nothing is
 * remembered. Reservations are made anew for each call: only what policy said is remembered, never what it led to.
 */
export interface DecisionMemo {
  /** What this call's decision depends on, or `undefined` if it must be judged anew each time. */
  keyOf(call: AimedCall): string | undefined;
  find(key: string): Decision | undefined;
  keep(key: string, decision: Decision): void;
}

/** What of the input besides caller and target goes into a key. */
export interface MemoPlan {
  readonly args: readonly (readonly string[])[];
  readonly wholeArgs: boolean;
  /** Which wall-clock parts of the time. A rule on the hour is judged anew with each hour. */
  readonly clock: readonly ("hour" | "minute" | "weekday")[];
  readonly client: boolean;
  readonly request: boolean;
  readonly network: boolean;
}

/** Members that follow from the generation, the caller or the target, or that no call has. */
const settled: ReadonlySet<string> = new Set([
  ...["phase", "method", "tenant", "environment", "principal", "agent", "user", "delegation", "server", "tool", "limits"],
  ...["items", "findings", "result", "resource", "prompt", "completion", "sampling", "elicitation", "roots", "extension"],
]);
const wallClock = ["hour", "minute", "weekday"] as const;

/** The plan for a server's packages, or `undefined` where one reads what no key can hold: the exact time, or state. */
export function memoPlan(reads: readonly (readonly string[])[] | undefined): MemoPlan | undefined {
  if (reads === undefined) return undefined;
  const plan = {
    args: new Map<string, readonly string[]>(),
    wholeArgs: false,
    clock: new Set<(typeof wallClock)[number]>(),
    client: false,
    request: false,
    network: false,
  };
  for (const [head = "", ...rest] of reads) {
    if (settled.has(head)) continue;
    if (head === "args" && rest.length > 0) plan.args.set(rest.join("\n"), rest);
    else if (head === "args" || head === "args_digest") plan.wholeArgs = true;
    else if (head === "time" && rest[0] === "tz") continue;
    else if (head === "time" && isWallClock(rest[0])) plan.clock.add(rest[0]);
    else if (head === "client" || head === "request" || head === "network") plan[head] = true;
    // No call of this version has labels, and every call has the member.
    else if (!(head === "session" && rest[0] === "labels")) return undefined;
  }
  return { ...plan, args: [...plan.args.values()], clock: [...plan.clock] };
}

function isWallClock(part: string | undefined): part is (typeof wallClock)[number] {
  return wallClock.some((name) => name === part);
}

/** Entries of one half; when a half is full the other one is forgotten. */
const HALF = 32_768;
/** Keys beyond this are replaced by their digest. */
const LONG_KEY = 256;

/** After so many look-ups of which too few found anything, none is made for a while: a key that never returns only costs. */
const TRIAL = 16_384;
const LEAST_FOUND = TRIAL / 20;
/** Found nothing at all among so many, a trial is over: of as many different keys as fit, some hundred would have come back. */
const HOPELESS = TRIAL / 4;
/** Each rest in a row is twice as long as the one before, so that keys that never return cost nothing that can be measured. */
const SHORTEST_REST = 8 * TRIAL;
const LONGEST_REST = 64 * TRIAL;

export function createMemo(): DecisionMemo {
  let young = new Map<string, Decision>();
  let old = new Map<string, Decision>();
  let asked = 0;
  let found = 0;
  let resting = 0;
  let nextRest = SHORTEST_REST;

  /** The trial starts anew when it is over; one that found too little is followed by a rest, with everything forgotten. */
  function endTrial(): void {
    if (found < LEAST_FOUND) {
      resting = nextRest;
      nextRest = Math.min(2 * nextRest, LONGEST_REST);
      young = new Map();
      old = new Map();
    } else nextRest = SHORTEST_REST;
    asked = 0;
    found = 0;
  }

  return {
    keyOf(call) {
      const { memoPlan: plan } = call.target;
      // A task is judged as its tool under another method, of which a key says nothing.
      if (!plan || call.request.asked.method !== "tools/call") return undefined;
      if (resting > 0) {
        resting -= 1;
        return undefined;
      }
      const key = keyText(call, plan);
      return key.length > LONG_KEY ? sha256Hex(key) : key;
    },
    find(key) {
      const decision = young.get(key) ?? old.get(key);
      asked += 1;
      if (decision) found += 1;
      if (asked === TRIAL || (asked === HOPELESS && found === 0)) endTrial();
      return decision;
    },
    keep(key, decision) {
      if (!isLasting(decision)) return;
      if (young.size >= HALF) {
        old = young;
        young = new Map();
      }
      young.set(key, decision);
    },
  };
}

/** The separator is a control character, which stands in no JSON text. */
function keyText(call: AimedCall, plan: MemoPlan): string {
  const { target, facts, caller, exchange } = call;
  const { asked } = call.request;
  const args = asked.method === "tools/call" && facts.mistakes.length === 0 ? asked.args : undefined;
  let key = `${caller.digest} ${target.id} ${facts.pinned ? 1 : 0}`;
  if (plan.wholeArgs) key += `\u0001${facts.mistakes.length === 0 ? (call.argsText ?? "") : ""}`;
  else if (plan.args.length > 0) {
    // Without any arguments a rule on one of them may say otherwise than where only that one is missing.
    key += args === undefined ? "\u0001" : "\u0001+";
    for (const path of plan.args) key += `\u0001${valueText(args, path)}`;
  }
  if (plan.clock.length > 0) key += `\u0001${clockText(call, plan)}`;
  if (plan.client) key += `\u0001${clientText(caller.token.clientId, exchange.client)}`;
  if (plan.request) key += `\u0001${JSON.stringify(exchange.request) ?? ""}`;
  if (plan.network) key += `\u0001${exchange.network.ip} ${exchange.network.mtls}`;
  return key;
}

function clockText(call: AimedCall, plan: MemoPlan): string {
  const wall = call.generation.wallClock(call.now);
  return plan.clock.map((part) => wall[part]).join(" ");
}

/** The value as JSON, or nothing where the path leads nowhere. */
function valueText(args: unknown, path: readonly string[]): string {
  let value = args;
  for (const step of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, step)) return "";
    value = (value as Record<string, unknown>)[step];
  }
  return JSON.stringify(value) ?? "";
}

/** A time-out or another failure of the moment is never remembered. */
function isLasting(decision: Decision): boolean {
  return !decision.reasons.some(({ rule, code }) => rule === "toolgate" && code.startsWith("policy."));
}
