// Runs the official conformance suite against the gateway, in both eras and across them.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { asJson, asPage, asText, type SetResult } from "./report.ts";
import { startRig } from "./rig.ts";
import { runScenario, type ScenarioResult } from "./run-scenario.ts";
import { scenarioSets } from "./scenarios.ts";

const { values } = parseArgs({ options: { json: { type: "boolean" }, write: { type: "boolean" } } });
const rig = await startRig();
const sets: SetResult[] = [];
try {
  for (const set of scenarioSets) {
    const results: ScenarioResult[] = [];
    // One after the other: some scenarios change the list of tools, others wait for half a second and no longer.
    for (const scenario of set.scenarios) results.push(await runScenario(scenario, set.revision, rig.urlOf(set.server), rig.results));
    sets.push({ set, results });
    if (!values.json) process.stdout.write(`${asText([{ set, results }])}\n\n`);
  }
} finally {
  await rig.stop();
}

const failed = sets.flatMap(({ results }) => results).filter(({ failures }) => failures.length > 0).length;
if (values.json) process.stdout.write(`${JSON.stringify(asJson(sets))}\n`);
else process.stdout.write(failed === 0 ? "No failures.\n" : `${failed} scenarios failed.\n`);
if (values.write) writeFileSync(new URL("../../docs/conformance.md", import.meta.url), asPage(sets));
process.exitCode = failed === 0 ? 0 : 1;
