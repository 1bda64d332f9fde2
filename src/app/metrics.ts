import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { decidedBy, latencyBuckets, type Parts, type Readiness, type Rollouts } from "../gateway/index.ts";
import type { SourceStatus } from "../parts/bundle/index.ts";
import { rolloutMetrics } from "./rollout-view.ts";
import { sourceMetrics } from "./source-metrics.ts";

/** What is asked when somebody looks. */
export interface Asked {
  readonly readiness: () => Readiness;
  readonly rollouts: Pick<Rollouts, "problem">;
  readonly source: () => SourceStatus | undefined;
  /** Open sessions; rejects where their store cannot be asked. */
  readonly sessions: () => Promise<number>;
}

/** What /metrics shows. Numbers are taken from the meter when somebody asks; the calls themselves only count. */
export function metricsOf(parts: Pick<Parts, "meter" | "generations">, asked: Asked): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  new Counter({
    name: "toolgate_messages_total",
    help: "Judged messages by method, effect and server.",
    labelNames: ["method", "effect", "server"],
    registers,
    collect() {
      this.reset();
      for (const [key, count] of parts.meter.read().ended) {
        const [method = "", effect = "", server = ""] = key.split(" ");
        this.inc({ method, effect, server }, count);
      }
    },
  });
  new Counter({
    name: "toolgate_reasons_total",
    help: "Refusals by reason code.",
    labelNames: ["code"],
    registers,
    collect() {
      this.reset();
      for (const [code, count] of parts.meter.read().reasons) this.inc({ code }, count);
    },
  });
  new Counter({
    name: "toolgate_decisions_total",
    help: "Decisions on calls: memo, remembered; policy, evaluated and remembered from then on; policy_unkeyed, evaluated without a look into the memo.",
    labelNames: ["from"],
    registers,
    collect() {
      this.reset();
      const { decided } = parts.meter.read();
      for (const from of decidedBy) this.inc({ from }, decided[from]);
    },
  });
  new Gauge({
    name: "toolgate_upstream_ms",
    help: "Milliseconds that servers took, cumulative by upper bound.",
    labelNames: ["server", "le"],
    registers,
    collect() {
      this.reset();
      for (const [server, series] of parts.meter.read().upstream) {
        let sum = 0;
        for (const [at, count] of series.buckets.entries()) {
          sum += count;
          this.set({ server, le: String(latencyBuckets[at] ?? "+Inf") }, sum);
        }
      }
    },
  });
  new Gauge({
    name: "toolgate_ready",
    help: "1 when a call that policy allows would be let through now.",
    registers,
    collect() {
      this.set(asked.readiness().ready ? 1 : 0);
    },
  });
  new Gauge({
    name: "toolgate_sessions",
    help: "Open sessions: of all replicas where they share them, else of this process.",
    registers,
    async collect() {
      this.remove();
      const open = await asked.sessions().catch(() => undefined);
      if (open !== undefined) this.set(open);
    },
  });
  new Gauge({
    name: "toolgate_bundle_sequence",
    help: "Sequence of the active bundle.",
    labelNames: ["name", "revision"],
    registers,
    collect() {
      this.reset();
      const { active } = parts.generations.status();
      if (active) this.set({ name: active.name, revision: active.revision }, active.sequence);
    },
  });
  rolloutMetrics(registry, parts, asked.rollouts);
  sourceMetrics(registry, asked.source, () => parts.generations.status().refused?.code);
  return registry;
}
