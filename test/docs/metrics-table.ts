import { z } from "zod";
import { metricsOf } from "../../src/app/metrics.ts";
import { createGenerations, createMeter } from "../../src/gateway/index.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { table } from "./markdown.ts";

/** What the library keeps of a metric; its own types leave the labels out. */
const metric = z.object({ name: z.string(), help: z.string(), type: z.string(), labelNames: z.array(z.string()) });

/** Every metric of our own, as the page tells it. */
export function metricsText(): string {
  const parts = { meter: createMeter(), generations: createGenerations(systemClock, silentLogger) };
  const registry = metricsOf(parts, {
    readiness: () => ({ ready: false, parts: {} }),
    rollouts: { problem: () => undefined },
    source: () => undefined,
    sessions: async () => 0,
  });
  const own = registry.getMetricsAsArray().map((one) => metric.parse(one));
  const rows = own
    .filter(({ name }) => name.startsWith("toolgate_"))
    .map(({ name, type, labelNames, help }) => [`\`${name}\``, type, labelNames.map((label) => `\`${label}\``).join(", "), help]);
  return ["## Metrics", table(["metric", "kind", "labels", "meaning"], rows)].join("\n\n");
}
