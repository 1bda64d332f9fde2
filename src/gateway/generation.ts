import type { VerifiedToken } from "../core/principal.ts";
import type { Result } from "../core/result.ts";
import type { VerifiedBundle } from "../parts/bundle/index.ts";
import type { AgentRefusal, Catalog } from "../parts/catalog/index.ts";
import type { Policy } from "../parts/policy/index.ts";
import { type CallerFacts, callerFacts } from "./caller-facts.ts";
import { timeTeller, type WallClock } from "./input.ts";
import { createMemo, type DecisionMemo } from "./memo.ts";
import { type Targets, targetsOf } from "./targets/index.ts";

/** One activated bundle with its policy and catalog. Immutable, and pinned for the life of a request. */
export interface Generation {
  readonly bundle: VerifiedBundle;
  readonly policy: Policy;
  readonly catalog: Catalog;
  readonly memo: DecisionMemo;
  /** `"bundle":{…}` as records name it, serialised once. */
  readonly bundleText: string;
  /** Everything in the catalog that a request can aim at. */
  readonly targets: Targets;
  /** `"time":{…}` of the input, told in the bundle's time zone. */
  timeText(now: number): string;
  wallClock(now: number): WallClock;
  /** What the input says about the bearer of this token; computed once per token, and anew when a role of it ends. */
  callerOf(token: VerifiedToken, now: number): Result<CallerFacts, AgentRefusal>;
}

/** `remember`: whether decisions may be remembered where the bundle allows it. */
export function generationOf(bundle: VerifiedBundle, policy: Policy, catalog: Catalog, remember = true): Generation {
  const time = timeTeller(catalog.timezone);
  const callers = new WeakMap<VerifiedToken, CallerFacts>();
  return {
    bundle,
    policy,
    catalog,
    memo: createMemo(),
    bundleText: `"bundle":${JSON.stringify(bundle.identity)}`,
    targets: targetsOf(catalog, remember),
    timeText: time.text,
    wallClock: time.wallClock,
    callerOf(token, now) {
      const known = callers.get(token);
      if (known && now < known.until) return { ok: true, value: known };
      const agent = catalog.agentFor(token, now);
      if (!agent.ok) return agent;
      const facts = callerFacts(token, agent.value, catalog, bundle.environment, now);
      callers.set(token, facts);
      return { ok: true, value: facts };
    },
  };
}
