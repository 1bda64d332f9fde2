// Runs the official conformance suite through the gateway: both eras, across them, at the aggregate, and as a client.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { asPage } from "./page.ts";
import { asJson, asText, unwanted } from "./report.ts";
import { startRig } from "./rig.ts";
import { runParts } from "./run-parts.ts";
import { beyond, keys, type Part, parts } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    /** No gateway: the reference servers themselves, with extensions. */
    direct: { type: "boolean", default: false },
    /** Only these members of the report. */
    set: { type: "string", multiple: true, default: [] },
    /** Only these scenarios. */
    scenario: { type: "string", multiple: true, default: [] },
  },
});

const chosen = (values.direct ? directly() : parts).filter(({ key }) => values.set.length === 0 || values.set.includes(key));
const narrowed = chosen.map(narrow).filter(({ scenarios }) => scenarios.length > 0);
if (narrowed.length === 0) throw new Error(`--set and --scenario leave nothing to run; sets are ${keys.join(", ")}`);
const partly = values.direct || values.set.length > 0 || values.scenario.length > 0;
if (values.write && partly) throw new Error("--write writes the whole page: leave out --direct, --set and --scenario");

const rig = await startRig({ direct: values.direct, parts: narrowed });
try {
  const results = await runParts(narrowed, rig, (result) => {
    if (!values.json) process.stdout.write(`${asText(result)}\n\n`);
  });
  const failed = unwanted(results).length;
  if (values.json) process.stdout.write(`${JSON.stringify(asJson(results))}\n`);
  else process.stdout.write(failed === 0 ? "No failures.\n" : `${failed} scenarios failed.\n`);
  if (values.write) writeFileSync(new URL("../../docs/conformance.md", import.meta.url), asPage(results));
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await rig.stop();
}

/** Extensions too, if they are asked for by name. */
function narrow(part: Part): Part {
  if (values.scenario.length === 0) return part;
  const known = new Set(part.place.suite === "client" ? [...part.scenarios, ...beyond[part.revision]] : part.scenarios);
  return { ...part, scenarios: values.scenario.filter((scenario) => known.has(scenario)) };
}

/** The same-era sets, and what the reference server passes besides. */
function directly(): readonly Part[] {
  const same = parts.filter(({ key }) => key === "same-2025-11-25" || key === "same-2026-07-28");
  return same.map((part) => ({
    ...part,
    title: `${part.title}, without a gateway`,
    scenarios: [...part.scenarios, ...beyond[part.revision]],
  }));
}
