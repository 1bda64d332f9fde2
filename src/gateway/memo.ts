import type { Decision } from "../core/decision.ts";
import { sha256Hex } from "../core/digest.ts";
import type { AimedCall } from "./call.ts";

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
  /** Wall-clock parts of the time; they change once a minute. */
  readonly minute: boolean;
  readonly client: boolean;
  readonly request: boolean;
  readonly network: boolean;
}

/** Members that follow from the generation, the caller or the target, or that no call has. */
const settled: ReadonlySet<string> = new Set([
  ...["phase", "method", "tenant", "environment", "principal", "agent", "user", "delegation", "server", "tool", "limits"],
  ...["items", "findings", "result", "resource", "prompt", "completion", "sampling", "elicitation"],
]);
const wallClock: ReadonlySet<string> = new Set(["hour", "minute", "weekday", "tz"]);

/** The plan for a server's packages, or `undefined` where one reads what no key can hold: the exact time, or state. */
export function memoPlan(reads: readonly (readonly string[])[] | undefined): MemoPlan | undefined {
  if (reads === undefined) return undefined;
  const plan = {
    args: new Map<string, readonly string[]>(),
    wholeArgs: false,
    minute: false,
    client: false,
    request: false,
    network: false,
  };
  for (const [head = "", ...rest] of reads) {
    if (settled.has(head)) continue;
    if (head === "args" && rest.length > 0) plan.args.set(rest.join("\n"), rest);
    else if (head === "args" || head === "args_digest") plan.wholeArgs = true;
    else if (head === "time" && wallClock.has(rest[0] ?? "")) plan.minute = true;
    else if (head === "client" || head === "request" || head === "network") plan[head] = true;
    // No call of this version has labels, and every call has the member.
    else if (!(head === "session" && rest[0] === "labels")) return undefined;
  }
  return { ...plan, args: [...plan.args.values()] };
}

/** Entries of one half; when a half is full the other one is forgotten. */
const HALF = 32_768;
const MINUTE_MS = 60_000;
/** Keys beyond this are replaced by their digest. */
const LONG_KEY = 256;

export function createMemo(): DecisionMemo {
  let young = new Map<string, Decision>();
  let old = new Map<string, Decision>();
  return {
    keyOf(call) {
      const { memoPlan: plan } = call.target;
      if (!plan) return undefined;
      const key = keyText(call, plan);
      return key.length > LONG_KEY ? sha256Hex(key) : key;
    },
    find(key) {
      return young.get(key) ?? old.get(key);
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
  let key = `${caller.digest} ${target.id} ${facts.pinned ? 1 : 0}`;
  if (plan.wholeArgs) key += `\u0001${facts.mistakes.length === 0 ? (call.argsText ?? "") : ""}`;
  else for (const path of plan.args) key += `\u0001${valueText(facts.mistakes.length === 0 ? call.request.args : undefined, path)}`;
  if (plan.minute) key += `\u0001${Math.floor(call.now / MINUTE_MS)}`;
  if (plan.client) key += `\u0001${JSON.stringify([caller.token.clientId, exchange.client.name, exchange.client.version])}`;
  if (plan.request) key += `\u0001${JSON.stringify(exchange.request) ?? ""}`;
  if (plan.network) key += `\u0001${exchange.network.ip} ${exchange.network.mtls}`;
  return key;
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
