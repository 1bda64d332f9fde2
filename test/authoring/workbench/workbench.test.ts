import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOpa, openWorkbench, type Workbench } from "../../../src/authoring/index.ts";
import type { Result } from "../../../src/core/result.ts";

const root = join(import.meta.dirname, "../../..");
const noon = Date.UTC(2026, 2, 3, 11, 0); // a Tuesday, 12:00 in Berlin
const findTheOpa = () => findOpa({ env: process.env });
const neverAsked = () => Promise.reject(new Error("opa was asked for"));

function opened<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe("policies of a folder", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = opened(await openWorkbench(join(root, "policies"), { findOpa: findTheOpa }));
  });
  afterAll(() => bench.close());

  const caller = (groups: readonly string[], agent = "support-bot") =>
    opened(bench.rehearsal.caller({ agent, user: { id: "ann", groups } }, noon));
  const tool = (id: string) => bench.rehearsal.targets.tools.get(id) ?? expect.fail(`no tool ${id}`);

  test("answer as a gateway would: allowed, refused with its reason, unknown without a permit", async () => {
    const { rehearsal } = bench;
    const refund = (amount: number, groups: readonly string[]) =>
      rehearsal.decide(caller(groups), tool("crm.refund"), { args: { ticket: "T-1", customer: "C-1", amount }, now: noon });
    expect(await refund(40, ["support"])).toMatchObject({ effect: "allow", known: true });
    expect(await refund(4000, ["support"])).toMatchObject({ effect: "deny", reasons: [{ code: "refunds.too_much", rule: "refunds" }] });
    expect(await refund(40, [])).toMatchObject({ effect: "deny", known: false });
    expect(bench.failures()).toEqual([]);
  });

  test("list what a call would meet, and nothing of a server whose definition drifted", async () => {
    const { rehearsal } = bench;
    const tools = [tool("crm.get_customer"), tool("crm.export_customers")];
    expect(await rehearsal.discover(caller(["support"]), tools, noon)).toEqual([true, false]);
    const drifted = await rehearsal.decide(caller(["support"]), tool("crm.get_customer"), {
      args: { id: "C-1" },
      now: noon,
      pinned: false,
    });
    expect(drifted).toMatchObject({ effect: "deny", reasons: [{ code: "tool.drifted" }] });
  });

  test("judge results and who connects", async () => {
    const { rehearsal } = bench;
    const call = { args: { id: "C-1" }, now: noon };
    const seen = await rehearsal.inspect(caller(["support"]), tool("crm.get_customer"), call, { bytes: 10, structured: { customer: {} } });
    expect(seen.redactions.map(({ path }) => path)).toContain("/customer/iban");
    const leaky = opened(
      rehearsal.caller({ agent: "support-bot", user: { id: "ann", groups: [] }, client: { name: "leaky-ide", version: "1" } }, noon),
    );
    expect((await rehearsal.admit(leaky, undefined, noon)).length).toBe(1);
    expect(await rehearsal.admit(caller([]), "crm", noon)).toEqual([]);
  });

  test("say which principals cannot exist", () => {
    const why = (asked: Parameters<Workbench["rehearsal"]["caller"]>[0]) => bench.rehearsal.caller(asked, noon);
    expect(why({ agent: "nobody" })).toEqual({ ok: false, error: 'there is no agent "nobody"' });
    expect(why({ agent: "legacy-bot", user: { id: "ann", groups: [] } })).toEqual({
      ok: false,
      error: 'the agent "legacy-bot" is suspended',
    });
    expect(why({ agent: "support-bot" }).ok).toBe(false);
    expect(why({ agent: "reporter" }).ok).toBe(true);
  });
});

test("a bundle is read without OPA, and what is no bundle is a mistake by its name", async () => {
  const bench = opened(await openWorkbench(join(root, "bundles/demo.tar.gz"), { findOpa: neverAsked }));
  expect(bench.manifest.metadata.toolgate.environment).toBe("demo");
  expect([bench.cases.length > 10, bench.modules.has("policy/refunds.rego"), bench.data.catalog.agents["support-bot"]?.team]).toEqual([
    true,
    true,
    "support",
  ]);
  await bench.close();
  const page = join(root, "README.md");
  expect(await openWorkbench(page, { findOpa: neverAsked })).toMatchObject({ error: { kind: "mistakes", mistakes: [{ file: page }] } });
  expect(await openWorkbench(join(root, "none"), { findOpa: neverAsked })).toMatchObject({ error: { kind: "unavailable" } });
});
