import { Counter, Gauge, type Registry } from "prom-client";
import type { SourceStatus } from "../parts/bundle/index.ts";

/** How the bundle source does, and whether what it brought last was taken. */
export function sourceMetrics(registry: Registry, status: () => SourceStatus | undefined, refused: () => string | undefined): void {
  const registers = [registry];
  new Gauge({
    name: "toolgate_bundle_source_up",
    help: "1 when the latest try of the bundle source went well.",
    labelNames: ["kind"],
    registers,
    collect() {
      const source = status();
      if (source) this.set({ kind: source.kind }, source.failures === 0 && source.lastSuccess !== undefined ? 1 : 0);
    },
  });
  new Counter({
    name: "toolgate_bundle_source_failures_total",
    help: "Tries of the bundle source that failed, by reason.",
    labelNames: ["kind", "code"],
    registers,
    collect() {
      this.reset();
      const source = status();
      for (const [code, count] of Object.entries(source?.failed ?? {})) this.inc({ kind: source?.kind ?? "", code }, count);
    },
  });
  const times = [
    ["toolgate_bundle_source_last_success_timestamp_seconds", "When the bundle source last went well.", "lastSuccess"],
    ["toolgate_bundle_source_last_content_timestamp_seconds", "When the bundle source last brought new content.", "lastContent"],
  ] as const;
  for (const [name, help, member] of times) {
    new Gauge({
      ...{ name, help, registers, labelNames: ["kind"] },
      collect() {
        const source = status();
        const time = source?.[member];
        if (source && time !== undefined) this.set({ kind: source.kind }, time / 1000);
      },
    });
  }
  new Gauge({
    name: "toolgate_bundle_refused",
    help: "1 while the latest bundle that was brought is not the one that decides, because it was refused.",
    labelNames: ["code"],
    registers,
    collect() {
      this.reset();
      const code = refused();
      if (code !== undefined) this.set({ code }, 1);
    },
  });
}
