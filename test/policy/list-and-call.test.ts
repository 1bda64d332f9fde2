import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { answersOf } from "./golden.ts";
import { demoSources, type GoldenCase, policies } from "./policy-sources.ts";

// Every caller against every tool, prompt and document of the demo company, in a list and in a call: a tool with its sample,
// a prompt with arguments that are names, a document by its URI.

const table = (name: string) => parse(readFileSync(join(policies, "catalog", `${name}.yaml`), "utf8"))[name];
const agents: Record<string, { environment: string; roles: string[]; roles_alone?: string[] }> = table("agents");
const groups: Record<string, { roles: string[] }> = table("groups");
const servers: Record<string, { environment: string; status: string }> = table("servers");
const tools: Record<string, Record<string, { sample: { args: unknown } } & Record<string, unknown>>> = table("tools");

const prompts: Record<string, Record<string, object>> = table("prompts");

const serverOf = (id: string) => ({ id, ...servers[id] });

const toolTargets = Object.entries(tools).flatMap(([server, known]) =>
  Object.entries(known).map(([name, { sample, ...facts }]) => ({
    item: { server: serverOf(server), tool: { id: `${server}.${name}`, name, pinned: true, ...facts } },
    args: sample.args,
  })),
);

const promptTargets = Object.entries(prompts).flatMap(([server, known]) =>
  Object.entries(known).map(([name, facts]) => ({
    item: { server: serverOf(server), prompt: { id: `${server}.${name}`, name, pinned: true, ...facts } },
    args: { city: "Paris" },
  })),
);

const documentTargets = ["features.md", "startup.md"].map((file) => {
  const path = `/static/document/${file}`;
  const resource = { id: "everything.documents", entry: "documents", uri: `demo://resource${path}`, scheme: "demo", path, pinned: true };
  return { item: { server: serverOf("everything"), resource: { ...resource, data_classes: ["internal"] } }, args: undefined };
});

const targets = [...toolTargets, ...promptTargets, ...documentTargets];

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

test("what may be called is listed, and what is listed may be called with its sample, whatever its kind", () => {
  const sources = demoSources();
  const ask = (entrypoint: GoldenCase["entrypoint"], input: Record<string, unknown>): GoldenCase => ({
    name: "",
    entrypoint,
    input,
    want: {},
  });
  const cases = callers.flatMap((caller) => [
    ask("discover", { ...caller, items: targets.map(({ item }) => item) }),
    ...targets.map(({ item, args }) =>
      ask("decide", { ...caller, ...item, ...(args === undefined ? {} : { args }), phase: "call", args_digest: "sha256:00" }),
    ),
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
