import { cannotCross } from "./cannot-cross.ts";
import type { Rig } from "./rig.ts";
import { runAsClient, runAsServer, type ScenarioResult } from "./run-scenario.ts";
import type { Part } from "./scenarios.ts";

export interface PartResult {
  readonly part: Part;
  readonly results: readonly Judged[];
}

export interface Judged extends ScenarioResult {
  /** Why this cannot pass, where that was known before. */
  readonly cannot?: string;
  /** Whether it is as it should be: passed, or known not to pass. */
  readonly asWanted: boolean;
}

/** What the suite starts where it is the server: `CONFORMANCE_NODE` is set for it. */
const COMMAND = '"$CONFORMANCE_NODE" --disable-warning=ExperimentalWarning test/conformance/client/command.ts';

/**
 * Runs all parts. Those that share a reference server run one after the other, and so do their scenarios: some change the
 * lists, others wait for half a second and no longer.
 */
export async function runParts(parts: readonly Part[], rig: Rig, onResult: (result: PartResult) => void = () => {}): Promise<PartResult[]> {
  const lanes = Map.groupBy(parts, laneOf);
  const results = new Map<Part, PartResult>();
  await Promise.all(
    [...lanes.values()].map(async (lane) => {
      for (const part of lane) {
        const result = await runPart(part, rig);
        results.set(part, result);
        onResult(result);
      }
    }),
  );
  return parts.flatMap((part) => results.get(part) ?? []);
}

/** Two lanes for two cores: a part in which the suite is the server needs no reference server, and goes with its era. */
function laneOf({ place, revision }: Part): string {
  return place.suite === "client" ? place.server : revision === "2025-11-25" ? "session" : "stateless";
}

async function runPart(part: Part, rig: Rig): Promise<PartResult> {
  const results: Judged[] = [];
  for (const scenario of part.scenarios) results.push(judged(part, await runOne(part, scenario, rig)));
  return { part, results };
}

function runOne({ place, revision }: Part, scenario: string, rig: Rig): Promise<ScenarioResult> {
  return place.suite === "client"
    ? runAsClient(scenario, revision, rig.urlOf(place.server, place.door), rig.results)
    : runAsServer(scenario, revision, COMMAND, rig.results);
}

export function judged({ key }: Part, result: ScenarioResult): Judged {
  const known: Readonly<Record<string, string>> = key in cannotCross ? cannotCross[key as keyof typeof cannotCross] : {};
  const cannot = known[result.scenario];
  if (cannot === undefined) return { ...result, asWanted: result.failures.length === 0 };
  const fails = result.failures.length > 0 && result.ran;
  const untrue = "cannot-cross.ts says that this cannot pass, and it did: take the entry out";
  return { ...result, cannot, asWanted: fails, failures: fails || result.failures.length > 0 ? result.failures : [untrue] };
}
