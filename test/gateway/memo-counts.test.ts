import { afterEach, expect, test } from "vitest";
import { type Company, type Gate, startGate } from "../support/gate.ts";

// Where decisions came from, as /metrics counts it. The rules of `desk` read one argument, those of `clock` the exact time.

const sized = {
  definition: { inputSchema: { type: "object", properties: { size: { type: "integer" }, note: { type: "string" } }, required: ["size"] } },
  facts: { sample: { args: { size: 1 } } },
};
const company: Company = {
  servers: { desk: { tools: { echo: sized } }, clock: { tools: { echo: sized } } },
  policies: {
    sizes: `# servers: [desk]
constrain contains {"code": "sizes.large", "message": "Too large."} if {
	input.tool.name == "echo"
	input.args.size > 10
}`,
    hours: `# servers: [clock]
deny contains {"code": "hours.early", "message": "Too early."} if input.time.ns < 0`,
  },
};

let gate: Gate;
afterEach(() => gate.stop());

async function decided(): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${gate.url}/metrics`)).text();
  const lines = [...text.matchAll(/^toolgate_decisions_total\{from="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(lines.map(([, from, count]) => [from ?? "", Number(count)]));
}

const calls = async (tool: string, each: readonly object[]) => {
  for (const args of each) expect((await gate.call(tool, args)).status).toBe(200);
};

test("metrics tell remembered decisions from evaluated ones, and from those that no key can hold", async () => {
  gate = await startGate({ company });
  expect(await decided()).toEqual({ memo: 0, policy: 0, policy_unkeyed: 0 });
  await calls("desk__echo", [{ size: 1 }, { size: 1, note: "another" }, { size: 2 }, { size: 11 }, { size: 11 }]);
  expect(await decided()).toEqual({ memo: 2, policy: 3, policy_unkeyed: 0 });
  await calls("clock__echo", [{ size: 1 }, { size: 1 }]);
  expect(await decided()).toEqual({ memo: 2, policy: 3, policy_unkeyed: 2 });
});

test("a gate that may remember nothing looks for no key", async () => {
  gate = await startGate({ company, config: { policy: { remember: false } } });
  await calls("desk__echo", [{ size: 1 }, { size: 1 }]);
  expect(await decided()).toEqual({ memo: 0, policy: 0, policy_unkeyed: 2 });
});
