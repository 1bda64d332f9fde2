import { describe, expect, it } from "vitest";
import { readCatalog } from "../../../src/parts/catalog/index.ts";
import { bundleData } from "./sample-data.ts";

const day = { unit: "calls", limit: 1, window: { kind: "fixed", seconds: 60 }, per: [] };

function withObliged(obliged: unknown) {
  const data = bundleData();
  const [tool = ""] = Object.keys(data.catalog.tools.crm ?? {});
  Object.assign(data.catalog, { budgets: { day }, groups: { finance: { roles: [] } }, reads: { refunds: [["user", "id"]], common: [] } });
  const named = JSON.parse(JSON.stringify(obliged).replaceAll("TOOL", tool));
  return readCatalog({ ...data, obliged: named });
}

const budget = { type: "budget", name: "day", cost: 1 };
const approve = { type: "approve", group: "finance", ttl_s: 900, min: 1 };

describe("what a bundle's tables ask", () => {
  it("is read with costs from arguments among what a decision depends on", () => {
    const paths = (cost: unknown) => {
      const catalog = withObliged({ crm: { tool: { TOOL: [{ ...budget, cost }, approve] } } });
      return catalog.ok ? catalog.value.readsFor("crm") : catalog.error;
    };
    expect(paths(1)).toEqual([["user", "id"]]);
    expect(paths("{input.args.a.b}")).toEqual([
      ["user", "id"],
      ["args", "a", "b"],
    ]);
  });

  it("may be missing, as in a bundle from before", () => {
    expect(readCatalog(bundleData())).toMatchObject({ ok: true });
  });

  it.each([
    ["a tool that is not catalogued", { crm: { tool: { nothing: [budget] } } }, "obliged.crm.tool.nothing"],
    ["a server that is not catalogued", { nowhere: { tool: { x: [budget] } } }, "obliged.nowhere.tool.x"],
    ["a prompt under the name of a tool", { crm: { prompt: { TOOL: [budget] } } }, "obliged.crm.prompt."],
    ["a budget that nobody defined", { crm: { tool: { TOOL: [{ ...budget, name: "night" }] } } }, "obliged.crm.tool."],
    ["a group that nobody knows", { crm: { tool: { TOOL: [{ ...approve, group: "f" }] } } }, "obliged.crm.tool."],
    ["nothing of an obligation", { crm: { tool: { TOOL: [] } } }, "obliged.crm.tool."],
    ["something else than a list", { crm: { tool: { TOOL: budget } } }, "obliged.crm.tool."],
    ["a table instead of servers", { crm: "all" }, "obliged.crm"],
    ["a kind that has no obligations", { crm: { completion: { TOOL: [budget] } } }, "obliged.crm"],
    ["an obligation of another type", { crm: { tool: { TOOL: [{ type: "log", level: "warn" }] } } }, "obliged.crm.tool."],
    ["a cost of another member", { crm: { tool: { TOOL: [{ ...budget, cost: "{input.user.id}" }] } } }, "obliged.crm.tool."],
    ["a word that it does not know", { crm: { tool: { TOOL: [{ ...approve, when: "x" }] } } }, "obliged.crm.tool."],
  ])("is refused for %s, because nothing would be asked", (_, obliged, path) => {
    const catalog = withObliged(obliged);
    expect(catalog.ok).toBe(false);
    expect(catalog.ok ? "" : catalog.error[0]?.path).toContain(path);
  });
});
