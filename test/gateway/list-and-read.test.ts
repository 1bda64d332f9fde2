import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { type BundleData, type Company, type Gate, startGate, told } from "../support/gate.ts";

let gate: Gate;
afterEach(() => gate?.stop());

const servers = ["north", "south"] as const;
const prompts = servers.flatMap((server) => ["p0", "p1"].map((name) => `${server}.${name}`));
const uris = servers.flatMap((server) => ["a", "b", "c"].map((name) => `note://${server}/${name}`));
const entries = servers.map((server) => `${server}.notes`);
const users = ["u0", "u1"] as const;

const rules = `# kinds: [prompt, resource]
permit contains {"id": "prompts", "for": "both"} if input.prompt.id in data.custom.prompts[input.user.id]

permit contains {"id": "uris", "for": "both"} if input.resource.uri in data.custom.uris[input.user.id]

deny contains {"code": "generated.prompt"} if input.prompt.id in data.custom.denied

deny contains {"code": "generated.uri"} if input.resource.uri in data.custom.denied

deny contains {"code": "generated.mime"} if {
	input.resource.mime == "text/secret"
	data.custom.no_secrets
}

deny contains {"code": "generated.hidden", "hide": true} if input.resource.path in data.custom.hidden`;

const company: Company = {
  servers: Object.fromEntries(
    servers.map((server) => [
      server,
      {
        tools: { t0: {} },
        prompts: { p0: {}, p1: {} },
        resources: { notes: { uri: `note://${server}/**` } },
        listed: {
          resources: Object.fromEntries(
            ["a", "b", "c"].map((name) => [`note://${server}/${name}`, name === "c" ? { mimeType: "text/secret" } : {}]),
          ),
        },
      },
    ]),
  ),
  agents: { a0: { roles: ["agents"] } },
  roles: { users: { grants: [] }, agents: { grants: [] }, all: { grants: [] } },
  groups: { staff: { roles: ["users"] } },
  // Each world has its own; the build only wants them to be there.
  custom: { prompts: {}, uris: {}, denied: [], no_secrets: false, hidden: [] },
  policies: { generated: rules },
};

const some = (of: readonly string[]) => fc.subarray([...of]);
const granted = fc.record({ prompts: some(prompts), resources: some(entries) });
const policies = fc.record({
  users: granted,
  agents: granted,
  custom: fc.record({
    prompts: fc.record({ u0: some(prompts), u1: some(prompts) }),
    uris: fc.record({ u0: some(uris), u1: some(uris) }),
    denied: fc.oneof(fc.constant<string[]>([]), some([...prompts, ...uris])),
    hidden: fc.oneof(fc.constant<string[]>([]), some(["/a", "/b"])),
    no_secrets: fc.boolean(),
  }),
});

test("whatever the policy: the prompts and resources that a caller lists are those that it can get", { timeout: 120_000 }, async () => {
  gate = await startGate({ company });
  let open = 0;
  let closed = 0;
  await fc.assert(
    fc.asyncProperty(policies, async (policy) => {
      const data = (written: BundleData) => {
        for (const role of ["users", "agents"] as const) {
          written.roles[role] = { grants: {}, prompts: tableOf(policy[role].prompts), resources: tableOf(policy[role].resources) };
        }
        written.custom = policy.custom;
      };
      expect(await gate.swap({ data })).toEqual({ activated: true });
      for (const user of users) {
        const token = await gate.token({ user, agent: "a0" });
        for (const era of ["session", "stateless"] as const) {
          const listed = await listedBy({ token, era });
          const gets = {
            ...Object.fromEntries(prompts.map((id) => [id.replace(".", "__"), "prompts/get"])),
            ...by(uris, "resources/read"),
          };
          for (const [name, method] of Object.entries(gets)) {
            const params = method === "prompts/get" ? { name } : { uri: name };
            const can = told(await gate.client.ask(method, params, { token, era })).effect === "allow";
            expect({ name, user, era, can, policy }).toEqual({ name, user, era, can: listed.has(name), policy });
            if (can) open += 1;
            else closed += 1;
          }
        }
      }
    }),
    { numRuns: 20 },
  );
  expect(Math.min(open, closed)).toBeGreaterThan(20);
});

async function listedBy(options: { readonly token: string; readonly era: "session" | "stateless" }): Promise<ReadonlySet<string>> {
  const told = await gate.client.ask("prompts/list", {}, options);
  const held = await gate.client.ask("resources/list", {}, options);
  const named = (told.message?.result?.prompts ?? []) as readonly { readonly name: string }[];
  const placed = (held.message?.result?.resources ?? []) as readonly { readonly uri: string }[];
  return new Set([...named.map(({ name }) => name), ...placed.map(({ uri }) => uri)]);
}

function by(keys: readonly string[], value: string): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, value]));
}

function tableOf(ids: readonly string[]): Record<string, Record<string, true>> {
  const table: Record<string, Record<string, true>> = {};
  for (const id of ids) {
    const [server = "", name = ""] = id.split(".");
    table[server] = { ...table[server], [name]: true };
  }
  return table;
}
