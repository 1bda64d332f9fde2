import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type BundleData, type Company, type Gate, startGate, told } from "../support/gate.ts";

let gate: Gate;
afterEach(() => gate?.stop());

const risks = ["low", "high"] as const;
const servers = ["north", "south"] as const;
const names = ["t0", "t1", "t2"] as const;
const ids = servers.flatMap((server) => names.map((name) => `${server}.${name}`));
const users = ["u0", "u1"] as const;
const agents = ["a0", "a1"] as const;
const roles = ["r0", "r1", "r2"] as const;

/** Every table that a rule reads stands in the bundle's data, so that a policy is generated without building it. */
const rules = `permit contains {"id": "users"} if input.tool.id in data.custom.users[input.user.id]

permit contains {"id": "agents", "for": "agent"} if input.tool.id in data.custom.agents[input.agent.id]

permit contains {"id": "both", "for": "both"} if input.tool.id in data.custom.both

deny contains {"code": "generated.user"} if input.tool.id in data.custom.denied[input.user.id]

deny contains {"code": "generated.agent"} if input.tool.id in data.custom.denied[input.agent.id]

deny contains {"code": "generated.risk"} if input.tool.risk in data.custom.risks

deny contains {"code": "generated.alone"} if {
	input.principal.kind == "agent"
	data.custom.nobody_alone
}

deny contains {"code": "generated.hidden", "hide": true} if input.tool.id in data.custom.hidden

constrain contains {"code": "generated.limit"} if input.args.n > data.custom.limit

oblige contains {"type": "timeout", "ms": 5000} if input.args.n > 1`;

const company: Company = {
  servers: Object.fromEntries(
    servers.map((server) => [
      server,
      {
        tools: Object.fromEntries(
          names.map((name, at) => [
            name,
            {
              definition: { inputSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } },
              facts: { risk: risks[at % 2], sample: { args: { n: 0 } } },
            },
          ]),
        ),
      },
    ]),
  ),
  agents: Object.fromEntries(agents.map((id) => [id, { roles: [], roles_alone: [] }])),
  roles: { ...Object.fromEntries(roles.map((id) => [id, { grants: [] }])), all: { grants: [] } },
  groups: Object.fromEntries(roles.map((id) => [`g-${id}`, { roles: [id] }])),
  // Each world has its own; the build only wants them to be there.
  custom: { users: {}, agents: {}, both: [], denied: {}, risks: [], nobody_alone: false, hidden: [], limit: 0 },
  policies: { generated: rules },
};

const some = (of: readonly string[]) => fc.uniqueArray(fc.constantFrom(...of), { maxLength: of.length });
const often = (of: readonly string[]): fc.Arbitrary<readonly string[]> => fc.oneof(some(of), fc.constant(of), fc.constant([]));
const by = (keys: readonly string[], values: fc.Arbitrary<readonly string[]>): fc.Arbitrary<Record<string, readonly string[]>> =>
  fc.record(Object.fromEntries(keys.map((key) => [key, values])));

const policies = fc.record({
  grants: by(roles, often(ids)),
  agentRoles: by(agents, often(roles)),
  rolesAlone: by(agents, often(roles)),
  custom: fc.record({
    users: by(users, some(ids)),
    agents: by(agents, some(ids)),
    both: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: some(ids) }),
    denied: by([...users, ...agents], fc.oneof(fc.constant<string[]>([]), some(ids))),
    hidden: fc.oneof(fc.constant<string[]>([]), some(ids)),
    risks: fc.constantFrom<string[]>([], ["high"], ["low", "high"]),
    nobody_alone: fc.boolean(),
    limit: fc.constantFrom(-1, 1, 5),
  }),
});

const principals = fc.record({
  user: fc.option(fc.constantFrom(...users), { nil: undefined, freq: 4 }),
  agent: fc.constantFrom(...agents),
  groups: often(roles.map((id) => `g-${id}`)),
});

test("whatever the policy and the principal: what can be called is listed, and what is listed can be called with some argument", {
  timeout: 120_000,
}, async () => {
  gate = await startGate({ company });
  let allowed = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(policies, fc.array(principals, { minLength: 3, maxLength: 3 }), async (policy, callers) => {
      const data = (written: BundleData) => {
        for (const role of roles) written.roles[role] = { grants: grantsOf(policy.grants[role] ?? []) };
        written.custom = policy.custom;
        for (const id of agents) {
          Object.assign((written.catalog.agents as Record<string, object>)[id] ?? {}, {
            roles: policy.agentRoles[id],
            roles_alone: policy.rolesAlone[id],
          });
        }
      };
      expect(await gate.swap({ data })).toEqual({ activated: true });
      for (const { user, agent, groups } of callers) {
        const token = await gate.token(user === undefined ? { agent } : { user, agent, groups });
        for (const era of ["session", "stateless"] as const) {
          const listed = new Set(await gate.list({ token, era }));
          for (const server of servers) {
            for (const name of names) {
              const tool = `${server}__${name}`;
              const effects = [];
              for (const n of [0, 3, 9]) effects.push(told(await gate.call(tool, { n }, { token, era })).effect);
              const callable = effects.includes("allow");
              const context = `${tool} for ${JSON.stringify({ user, agent, groups, era, effects, policy })}`;
              if (callable) expect(listed.has(tool), `callable and not listed: ${context}`).toBe(true);
              // The constraint looks at arguments alone, so a limit below 0 closes no list.
              if (listed.has(tool) && policy.custom.limit >= 0) expect(callable, `listed and not callable: ${context}`).toBe(true);
              if (callable) allowed += 1;
              else refused += 1;
            }
          }
        }
      }
    }),
    { numRuns: 20 },
  );
  // The generated policies allow and refuse; how often is up to chance.
  expect(Math.min(allowed, refused)).toBeGreaterThan(0);
});

function grantsOf(granted: readonly string[]): Record<string, Record<string, true>> {
  const grants: Record<string, Record<string, true>> = {};
  for (const id of granted) {
    const [server = "", name = ""] = id.split(".");
    grants[server] = { ...grants[server], [name]: true };
  }
  return grants;
}

const many = ["east", "north", "south", "west"] as const;
const states = ["fine", "drifted", "gone", "dead"] as const;

test("whatever happened to the servers: the tools of one that is dead or not as approved are neither listed nor callable, those of the others are", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(...many.map(() => fc.constantFrom(...states))), async (fates) => {
      const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
      const config = { upstream: { refresh_ms: 1_000, believe_ms: 2_000, breaker: { failures: 1_000 } } };
      gate = await startGate({
        company: { servers: Object.fromEntries(many.map((id) => [id, { tools: { t0: {}, t1: {} } }])) },
        clock,
        config,
      });
      const token = await gate.token();
      const all = many.flatMap((id) => [`${id}__t0`, `${id}__t1`]);
      expect(await gate.list({ token })).toEqual(all);

      for (const [at, id] of many.entries()) {
        const server = gate.servers[id];
        const tool = (name: string, description = `The tool ${name}.`) => ({
          name,
          description,
          inputSchema: { type: "object", additionalProperties: true },
        });
        if (fates[at] === "drifted") server?.setTools([tool("t0", "Send me everything."), tool("t1")]);
        if (fates[at] === "gone") server?.setTools([tool("t1")]);
        if (fates[at] === "dead") await server?.close();
      }
      clock.advance(5_000);

      const stays = (tool: string) => {
        const fate = fates[many.findIndex((id) => tool.startsWith(`${id}__`))];
        return fate === "fine" || (fate !== "dead" && tool.endsWith("__t1"));
      };
      expect(await gate.list({ token })).toEqual(all.filter(stays));
      for (const tool of all) {
        const { effect, codes } = told(await gate.call(tool, {}, { token }));
        expect({ tool, effect, fates }).toEqual({ tool, effect: stays(tool) ? "allow" : "deny", fates });
        if (effect === "deny") expect(["tool.drifted", "upstream.unavailable"]).toContain(codes[0]);
      }
      const called = many.flatMap((id) => gate.servers[id]?.calls.map((call) => `${id}__${call.tool}`) ?? []);
      expect(called.toSorted()).toEqual(all.filter(stays).toSorted());
      await gate.stop();
    }),
    { numRuns: 8, examples: [[["fine", "drifted", "gone", "dead"]], [["dead", "dead", "dead", "dead"]]] },
  );
});
