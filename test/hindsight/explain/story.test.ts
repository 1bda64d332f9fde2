import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { err } from "../../../src/core/result.ts";
import { dataDirectories, type Explanation, explain } from "../../../src/hindsight/explain/index.ts";
import { placeOf } from "../../../src/hindsight/records/index.ts";
import { opaIsMissing } from "../../parts/policy/opa.ts";
import { type Gate, type LogRecord, startGate } from "../../support/gate.ts";
import { house } from "../../support/gate-company.ts";

// What happened before and after policy: told from the records alone, so that none of it needs OPA.

let gate: Gate;

beforeAll(async () => {
  if (opaIsMissing) return; // the bundle is built with it
  const desk = house.servers.desk ?? { tools: {} };
  const drifted = { approved: { description: "Another one." } };
  gate = await startGate({ company: { ...house, servers: { desk: { ...desk, tools: { ...desk.tools, drifted } } } } });
}, 60_000);
afterAll(() => gate?.stop());

async function told(fits: (record: LogRecord) => boolean): Promise<Explanation> {
  const found = (await gate.records()).findLast(fits);
  const explained = await explain(found?.id ?? "", { source: dataDirectories([placeOf(gate.dataDir)]), opa: err("none here") });
  if (!explained.ok) throw new Error(explained.error.detail);
  return explained.value;
}

test.skipIf(opaIsMissing)("a remembered decision says so, and is explained all the same", async () => {
  await gate.call("desk__echo", {});
  await gate.call("desk__echo", {});
  const last = await told(({ kind }) => kind === "intent");
  expect(last).toMatchObject({ verdict: "allowed", policy: { remembered: true }, conditions: { equal: true } });
  expect(last.notes).toContain("remembered: an equal question to the same bundle had this answer before");
});

test.skipIf(opaIsMissing)("a drifted tool is told as refused by the library, with the remedy", async () => {
  await gate.call("desk__drifted", {});
  const refused = await told(({ kind }) => kind === "refusal");
  expect(refused.answer).toMatch(/^Refused: tool\.drifted - /);
  expect(refused.remedies).toHaveLength(1);
});

test.skipIf(opaIsMissing)("a server that failed after policy allowed is told as what happened then", async () => {
  await gate.servers.desk?.close();
  await gate.call("desk__note", { text: "x" });
  const failed = await told(({ kind, target }) => kind === "outcome" && target === "desk.note");
  expect(failed.verdict).toBe("failed");
  expect(failed.answer).toMatch(/^Allowed by policy, then refused: upstream\./);
  expect(failed.after.map(({ what }) => what)).toContain("outcome");
});

test.skipIf(opaIsMissing)("a refused token has no policy to explain: what the record holds is told in words", async () => {
  await gate.client.ask("tools/list", {}, { token: "Bearer nonsense", era: "stateless" });
  const refused = await vi.waitFor(() => told(({ kind }) => kind === "auth"), { timeout: 5000 });
  expect(refused).toMatchObject({ kind: "auth", verdict: "refused", sides: [], rules: [], faults: [] });
  expect(refused.answer).toMatch(/^Refused: auth\.malformed - /);
});
