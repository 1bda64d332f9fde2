import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reasons } from "../../src/core/reasons.ts";
import { codesIn, readCases } from "./read-cases.ts";
import { runCase, startWorld, type World } from "./run-case.ts";

/** Codes that no call can be answered or recorded with in this version, and why. */
const unreachable: Readonly<Record<string, string>> = {
  "policy.missing_builtin": "refused at activation as bundle.unsupported: bad-input-policies.test.ts",
  "policy.missing_entrypoint": "refused at activation as bundle.unsupported: create-policy.ts tells it apart for operators",
  "policy.invalid_module": "refused at activation as bundle.unsupported",
  "policy.invalid_data": "refused at activation as bundle.unsupported",
  "upstream.cancelled": "its caller has gone, and the outcome says so by its effect: fail-closed-servers.test.ts",
  "gateway.error": "it stands for a bug of the gateway",
};

/** What a case of one request cannot show: servers that drift, ask questions or make tasks, and what operators do. Their codes stand in other tests. */
const shownElsewhere =
  /^(?:(?:prompt|resource|question|task|extension|operator|rollout|quarantine|decision)\.|[a-z]+\.quarantined$|gateway\.operations_|bundle\.unknown$)/;

function otherTests(): string {
  const folder = dirname(import.meta.dirname);
  const files = ["gateway", "e2e", "parts"].flatMap((name) =>
    readdirSync(join(folder, name), { recursive: true, encoding: "utf8" }).map((file) => join(folder, name, file)),
  );
  return files
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
}

const files = readCases();
const all = [...files.values()].flat();

let shared: World;
beforeAll(async () => {
  shared = await startWorld();
});
afterAll(async () => {
  expect(await shared.gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
  await shared.gate.stop();
});

for (const [file, cases] of files) {
  describe(file, () => {
    for (const one of cases) {
      const eras = one.call.era === undefined ? (["session", "stateless"] as const) : [one.call.era];
      test.each(eras)(`${one.description} (%s)`, async (era) => {
        if (one.given === undefined) return runCase(shared, one, era);
        const world = await startWorld(one.given);
        try {
          await runCase(world, one, era);
        } finally {
          await world.gate.stop();
        }
      });
    }
  });
}

test("every reason code has a case, or a test where one request cannot show it, but for those that no call can reach", () => {
  const wanted = codesIn(all);
  const others = otherTests();
  const isShown = (code: string) => wanted.has(code) || (shownElsewhere.test(code) && others.includes(`"${code}"`));
  const missing = Object.keys(reasons).filter((code) => !isShown(code) && !(code in unreachable));
  expect(missing).toEqual([]);
  expect(Object.keys(unreachable).filter((code) => wanted.has(code) || !(code in reasons))).toEqual([]);
});

test("no two cases say the same", () => {
  const said = all.map(({ description }) => description);
  expect(said.filter((text, at) => said.indexOf(text) !== at)).toEqual([]);
});
