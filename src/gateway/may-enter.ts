import { noCapabilities } from "../core/client.ts";
import { isInUse } from "../core/server.ts";
import type { Caller, Exchange } from "./gateway.ts";
import type { Generation } from "./generation.ts";
import { commonText } from "./input.ts";
import { listablesOf, visibleOf } from "./lists/index.ts";
import type { Parts } from "./parts.ts";
import type { ServerTargets } from "./targets/index.ts";

/** So many single resources are looked at; whoever may know none of them has no business here. */
const MOST_LISTED = 250;

/** For so long an answer holds. It only tells a 404 from an empty list; every call is judged anyway. */
const ANSWER_MS = 5000;

interface Answer {
  readonly until: number;
  readonly may: boolean;
}

/** Whether a caller may know of a server: it may know at least one of its tools, prompts or resources, be it closed at the moment. */
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
      const generation = parts.generations.pin(caller.token);
      if (!generation) return false;
      try {
        const own = generation.targets.byServer.get(serverId);
        if (!own) return false;
        const now = parts.clock.now();
        const answered = answersOf(generation, caller);
        const known = answered.get(serverId);
        if (known && known.until > now) return known.may;
        const may = await knowsAny(parts, generation, caller, own, now);
        answered.set(serverId, { until: now + ANSWER_MS, may });
        return may;
      } finally {
        parts.generations.release(generation);
      }
    },
  };
}

async function knowsAny(parts: Parts, generation: Generation, caller: Caller, own: ServerTargets, now: number): Promise<boolean> {
  const facts = generation.callerOf(caller.token, now);
  if (!facts.ok) return false;
  const exchange = asker(caller, own.server.id);
  const known = knowables(parts, generation, own);
  for (const { kind, targets } of known) {
    if ((await visibleOf(exchange, generation, facts.value, kind, targets, now)).length > 0) return true;
  }
  const common = commonText(exchange, facts.value, generation.timeText(now), now);
  for (const { method, targets } of known) {
    for (const target of targets) {
      const input = `{"phase":"call","method":"${method}",${common},${target.serverText},${target.pinnedText},"limits":{"truncated":[],"omitted":[]}}`;
      const decision = await generation.policy.decide(input, { widest: facts.value.widest, nested: target.nested });
      if (decision.known) return true;
    }
  }
  return false;
}

/** All of the catalog, and resources as far as the server listed them: a rule may grant single ones of an entry. */
function knowables(parts: Parts, generation: Generation, own: ServerTargets) {
  const leftAlone = !isInUse(own.server) || parts.quarantine.target(own.server.id) !== undefined;
  const listing = leftAlone ? undefined : parts.upstream.connect(own.server).current();
  const listed = listing ? listablesOf(generation, own, listing, "resources", false) : [];
  return [
    { kind: "tools", method: "tools/call", targets: own.tools },
    { kind: "prompts", method: "prompts/get", targets: own.prompts },
    { kind: "resources", method: "resources/read", targets: [...own.entries.values(), ...listed.slice(0, MOST_LISTED)] },
  ] as const;
}

function asker(caller: Caller, serverId: string): Exchange {
  return {
    caller,
    serverId,
    network: { ip: "", mtls: false },
    era: "stateless",
    protocolVersion: "",
    client: { name: "", version: "" },
    capabilities: noCapabilities,
  };
}
