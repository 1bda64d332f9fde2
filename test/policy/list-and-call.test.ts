import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { answersOf } from "./golden.ts";
import { demoSources, type GoldenCase, policies } from "./policy-sources.ts";

// Every caller against every tool of the demo company, in a list and in a call with the tool's sample.

const table = (name: string) => parse(readFileSync(join(policies, "catalog", `${name}.yaml`), "utf8"))[name];
const agents: Record<string, { environment: string; roles: string[]; roles_alone?: string[] }> = table("agents");
const groups: Record<string, { roles: string[] }> = table("groups");
const servers: Record<string, { environment: string; status: string }> = table("servers");
const tools: Record<string, Record<string, { sample: { args: unknown } } & Record<string, unknown>>> = table("tools");

const targets = Object.entries(tools).flatMap(([server, known]) =>
  Object.entries(known).map(([name, { sample, ...facts }]) => ({
    server: { id: server, ...servers[server] },
    tool: { id: `${server}.${name}`, name, pinned: true, ...facts },
    args: sample.args,
  })),
);

const users = [undefined, ...Object.keys(groups), "strangers"].map((group) =>
  group === undefined ? undefined : { id: `one of ${group}`, groups: [group], roles: groups[group]?.roles ?? [] },
);

const callers = Object.entries(agents).flatMap(([id, { environment, roles, roles_alone }]) =>
  users.flatMap((user) =>
    ["story", "leaky-ide"].map((client) => ({
      principal: { kind: user ? "user_via_agent" : "agent" },
      agent: { id, environment, roles: user ? roles : (roles_alone ?? []) },
      ...(user ? { user } : {}),
      client: { name: client },
      delegation: [],
      time: { hour: 3, weekday: "sunday" },
    })),
  ),
);

test("what may be called is listed, and what is listed may be called with its sample", () => {
  const sources = demoSources();
  const ask = (entrypoint: GoldenCase["entrypoint"], input: Record<string, unknown>): GoldenCase => ({
    name: "",
    entrypoint,
    input,
    want: {},
  });
  const cases = callers.flatMap((caller) => [
    ask("discover", { ...caller, items: targets.map(({ server, tool }) => ({ server, tool })) }),
    ...targets.map((target) => ask("decide", { ...caller, ...target, phase: "call", method: "tools/call", args_digest: "sha256:00" })),
  ]);
  const answers = answersOf({ ...sources, cases });
  const step = targets.length + 1;
  let callable = 0;
  for (const [at, caller] of callers.entries()) {
    const [list, ...calls] = answers.slice(at * step, (at + 1) * step);
    const allowed = calls.flatMap(({ effect }, i) => (effect === "allow" ? [i] : []));
    expect({ caller, visible: list?.visible }).toEqual({ caller, visible: allowed });
    callable += allowed.length;
  }
  expect(callable).toBeGreaterThan(40);
});
