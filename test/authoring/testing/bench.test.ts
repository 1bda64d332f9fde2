import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { benchPolicies, buildBundle, inspectBundle, openWorkbench, type Workbench } from "../../../src/authoring/index.ts";
import { ok } from "../../../src/core/result.ts";
import { build, needOpa, options, packageText, policiesWith } from "../bundle/tools.ts";

const folders: string[] = [];
const benches: Workbench[] = [];
let opened: (files: Readonly<Record<string, string>>) => Promise<Workbench>;
beforeAll(async () => {
  const opa = await needOpa();
  opened = async (files) => {
    const folder = await policiesWith(files);
    folders.push(folder);
    const bench = await openWorkbench(folder, { findOpa: () => Promise.resolve(ok(opa)), timeoutMs: 500 });
    if (!bench.ok) throw new Error(JSON.stringify(bench.error));
    benches.push(bench.value);
    return bench.value;
  };
});
afterAll(async () => {
  await Promise.all(benches.map((bench) => bench.close()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

const short =
  "cases:\n  - { name: plain, as: { agent: bot, user: ann, groups: [support] }, call: crm.refund, args: { amount: 1 }, want: allow }\n";

test("each case has its cost by its name, beside that of an input that says nothing", async () => {
  const { cases, emptyUs, limitMs } = await benchPolicies(await opened({ "cases/refunds.yaml": short }), { runs: 5 });
  expect(limitMs).toBe(50);
  expect(emptyUs).toBeGreaterThan(0);
  expect(cases).toMatchObject([{ name: "plain", entrypoint: "decide", verdict: "within", runs: expect.any(Number) }]);
  const [plain] = cases;
  expect(plain?.p50Us).toBeGreaterThanOrEqual(plain?.quickestUs ?? Number.NaN);
  expect(plain?.ratio).toBeCloseTo((plain?.quickestUs ?? 0) / emptyUs, 0);
});

test("what loops does not end, and what is beyond a limit that is passed in is told", async () => {
  const four = ["a", "b", "c", "d"].map((name) => `\tsome ${name} in input.user.groups\n`).join("");
  const loop = packageText("loops", `deny contains {"code": "loops.found"} if {\n${four}\tconcat("", [a, b, c, d]) == "nobody"\n}`);
  const groups = Array.from({ length: 150 }, (_, at) => `g${at}`).join(", ");
  const input = `{ phase: call, principal: { kind: user_via_agent }, server: { id: crm }, tool: { id: crm.refund, name: refund }, user: { id: ann, groups: [${groups}] } }`;
  const bench = await opened({
    "policy/loops.rego": loop,
    "cases/refunds.yaml": `${short}  - { name: loops, entrypoint: decide, input: ${input}, want: { effect: deny } }\n`,
  });
  const { cases } = await benchPolicies(bench, { runs: 3 });
  expect(cases.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(["loops timeout", "plain within"]);
  const strict = await benchPolicies(bench, { runs: 3, limitMs: 0.000_001 });
  expect(strict.cases.find(({ name }) => name === "plain")?.verdict).toBe("beyond");
});

test("the limit is that of the settings, which a bundle carries unless its build says otherwise", async () => {
  const settings = "version: 1\nsettings: { timezone: Europe/Berlin, max_decide_ms: 7 }\n";
  const bench = await opened({ "cases/refunds.yaml": short, "catalog/settings.yaml": settings });
  expect((await benchPolicies(bench, { runs: 1 })).limitMs).toBe(7);
  expect(await limitIn(bench.source)).toBe(7);
  expect(await limitIn(bench.source, 9)).toBe(9);
  const wrong = await policiesWith({ "catalog/settings.yaml": settings.replace("7", "51") });
  folders.push(wrong);
  expect(await build(wrong)).toMatchObject({
    ok: false,
    error: [{ file: "catalog/settings.yaml", line: 2, path: "settings.max_decide_ms", found: "51" }],
  });
});

async function limitIn(policiesDir: string, maxDecideMs?: number): Promise<number> {
  const built = await buildBundle({ policiesDir, opa: await needOpa(), ...options, ...(maxDecideMs !== undefined && { maxDecideMs }) });
  const report = built.ok ? await inspectBundle(built.value.bytes) : built;
  if (!report.ok) throw new Error(JSON.stringify(report.error));
  return report.value.manifest.metadata.toolgate.max_decide_ms;
}
