import { randomIds } from "../../../src/core/ids.ts";
import { openLog } from "../../../src/parts/decisions/index.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

/** A process of its own that appends until it is killed or was refused, and says on stdout what was acknowledged. */
const [dir = "", mode = "forever"] = process.argv.slice(2);
const result = await openLog({
  dir,
  clock: systemClock,
  ids: randomIds(),
  logger: silentLogger,
  segmentBytes: mode === "forever" ? 20_000 : 1 << 20,
  stallMs: 2000,
  instance: "child",
});
if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}`);
const { log } = result.value;
const pad = "x".repeat(300);

async function worker(name: number): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `dec_${name}_${n}`;
    const intent = await log.append(`{"kind":"intent","id":"${id}","pad":"${pad}"}`, n % 5 === 0 ? "always" : "grouped");
    process.stdout.write(intent.ok ? `intent ${id}\n` : `refused ${id} ${intent.error.detail}\n`);
    if (!intent.ok) return;
    const outcome = await log.append(`{"kind":"outcome","id":"${id}","pad":"${pad}"}`, "grouped");
    process.stdout.write(outcome.ok ? `outcome ${id}\n` : `refused ${id} ${outcome.error.detail}\n`);
    if (!outcome.ok) return;
  }
}

if (mode === "hold") {
  process.stdout.write("ready\n");
  setInterval(() => {}, 1000);
} else {
  await Promise.all(Array.from({ length: 8 }, (_, name) => worker(name)));
  // The probe is due 250 ms after the refusal.
  while (!log.healthy()) await log.append('{"kind":"list","id":"dec_again"}', "always");
  await log.close();
  process.stdout.write("closed\n");
}
