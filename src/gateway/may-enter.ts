import type { Caller, Exchange } from "./gateway.ts";
import type { Generation, Target } from "./generation.ts";
import { commonText } from "./input.ts";
import { visibleOf } from "./list-tools.ts";
import type { Parts } from "./parts.ts";

/** For so long an answer holds. It only tells a 404 from an empty list; every call is judged anyway. */
const ANSWER_MS = 5000;

interface Answer {
  readonly until: number;
  readonly may: boolean;
}

/** Whether a caller may know of a server: it may know at least one of its tools, be it closed at the moment. */
export function createEntrance(parts: Parts): { mayEnter(caller: Caller, serverId: string): Promise<boolean> } {
  const answers = new WeakMap<Generation, WeakMap<Caller, Map<string, Answer>>>();

  function answersOf(generation: Generation, caller: Caller): Map<string, Answer> {
    const byCaller = answers.get(generation) ?? new WeakMap<Caller, Map<string, Answer>>();
    answers.set(generation, byCaller);
    const own = byCaller.get(caller) ?? new Map<string, Answer>();
    byCaller.set(caller, own);
    return own;
  }

  return {
    async mayEnter(caller, serverId) {
      const generation = parts.generations.pin(caller.token.tenant);
      if (!generation) return false;
      try {
        const targets = generation.targetsOf.get(serverId);
        if (!targets) return false;
        const now = parts.clock.now();
        const own = answersOf(generation, caller);
        const known = own.get(serverId);
        if (known && known.until > now) return known.may;
        const may = await knowsAny(generation, caller, serverId, targets, now);
        own.set(serverId, { until: now + ANSWER_MS, may });
        return may;
      } finally {
        parts.generations.release(generation);
      }
    },
  };
}

async function knowsAny(
  generation: Generation,
  caller: Caller,
  serverId: string,
  targets: readonly Target[],
  now: number,
): Promise<boolean> {
  const facts = generation.callerOf(caller.token, now);
  if (!facts.ok) return false;
  const exchange: Exchange = {
    caller,
    serverId,
    network: { ip: "", mtls: false },
    era: "stateless",
    protocolVersion: "",
    client: { name: "", version: "" },
  };
  const open = await visibleOf(exchange, generation, facts.value, targets, now);
  if (open.length > 0) return true;
  const common = commonText(exchange, facts.value, generation.timeText(now), now);
  for (const target of targets) {
    const input = `{"phase":"call","method":"tools/call",${common},${target.serverText},${target.pinnedText},"limits":{"truncated":[],"omitted":[]}}`;
    const decision = await generation.policy.decide(input, { widest: facts.value.widest, nested: target.nested });
    if (decision.known) return true;
  }
  return false;
}
