import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOpa, workbenchOf } from "../../src/authoring/index.ts";
import { rejudgeOf } from "../../src/gateway/index.ts";
import { dataDirectories, type Explanation, explain } from "../../src/hindsight/explain/index.ts";
import { type Impact, impactOn } from "../../src/hindsight/impact/index.ts";
import { placeOf } from "../../src/hindsight/records/index.ts";
import { replayLogs } from "../../src/hindsight/replay/index.ts";
import { opaIsMissing } from "../parts/policy/opa.ts";
import { type Company, type CompanyServer, type Gate, type LogRecord, signedBundle, startGate } from "../support/gate.ts";
import { type AskedQuestion, nameQuestion } from "../support/servers/index.ts";

// What servers ask clients, what clients ask about tasks, and methods of extensions: recorded by a whole gateway, then replayed,
// asked of other bundles and explained.

const search = "com.example/search";
const tasks = "io.modelcontextprotocol/tasks";
const declared = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {}, extensions: { [search]: {}, [tasks]: {} } };

const whole = (era: "session" | "stateless"): CompanyServer => ({
  era,
  row: {
    asks: ["elicitation", "roots", "sampling"],
    extensions: era === "stateless" ? [search, tasks] : [search],
    extension_methods: { [search]: ["search/query", "search/purge"] },
  },
  tools: { echo: {} },
});

const rulesOf = (depth: number) => `# kinds: ["elicitation", "sampling", "roots", "extension"]
constrain contains {"code": "asks.password", "message": "Nobody is asked for a password."} if {
	some field in input.elicitation.fields
	field == "password"
}
deny contains {"code": "asks.no_roots"} if {
	input.roots.id == "desk.roots"
	input.roots.origin == "desk.echo"
}
constrain contains {"code": "asks.too_deep", "message": "Not deeper than ${depth}."} if {
	input.extension.method == "search/query"
	deep(input.args)
}
default deep(_) := false
deep(args) if args.depth > ${depth}
mask contains {"path": "/args/secret"}
`;

const roles = {
  all: { grants: ["*/*"], asks: ["*/elicitation", "*/roots"], methods: ["*/search/query"] },
  purge: { methods: ["desk/search/purge"] },
};

const company: Company = {
  servers: { desk: whole("session"), shelf: whole("stateless") },
  roles,
  policies: { asks: rulesOf(3) },
};

const form = (field: string): AskedQuestion => ({
  ...nameQuestion,
  params: { ...nameQuestion.params, requestedSchema: { type: "object", properties: { [field]: { type: "string" } } } },
});
const address: AskedQuestion = {
  method: "elicitation/create",
  params: { mode: "url", elicitationId: "e1", url: "https://bank.example/confirm", message: "Open this." },
};
const sampling: AskedQuestion = {
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: { type: "text", text: "Say hello." } }], maxTokens: 10 },
};
const roots: AskedQuestion = { method: "roots/list", params: {} };
const task = {
  taskId: "the-servers-own-id",
  status: "input_required",
  inputRequests: { who: nameQuestion },
  createdAt: "2026-11-21T10:00:00Z",
  lastUpdatedAt: "2026-11-21T10:00:00Z",
  ttlMs: 60_000,
  pollIntervalMs: 100,
};
const accepted = { action: "accept", content: { name: "ann" } };

let gate: Gate;
beforeAll(async () => {
  const script = { extensions: { [search]: {}, [tasks]: {} } };
  gate = await startGate({ company, servers: { desk: script, shelf: script } });
  const token = await gate.token();
  const ask = (door: string, method: string, params: object, claimed: Readonly<Record<string, unknown>> = declared) =>
    gate.client.ask(
      method,
      { ...params },
      {
        token,
        door,
        era: door === "desk" ? "session" : "stateless",
        capabilities: claimed,
        answers: ({ method: asked }) => ({
          result:
            asked === "roots/list"
              ? { roots: [] }
              : asked === "elicitation/create"
                ? accepted
                : { role: "assistant", content: { type: "text", text: "hello" }, model: "m" },
        }),
      },
    );
  for (const door of ["desk", "shelf"]) {
    const server = gate.servers[door];
    for (const question of [nameQuestion, form("password"), address, sampling, roots]) {
      server?.answer("echo", { kind: "ask", questions: { q: question } });
      await ask(door, "tools/call", { name: "echo", arguments: {} });
    }
    // A client that cannot be asked.
    server?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    await ask(door, "tools/call", { name: "echo", arguments: {} }, {});
    server?.answer("search/query", { kind: "result", result: { hits: [] } });
    for (const params of [{ query: "a" }, { depth: 2 }, { depth: 4 }, { depth: 1, secret: "s" }]) await ask(door, "search/query", params);
    await ask(door, "search/purge", {});
    await ask(door, "search/made-up", {});
  }
  gate.servers.shelf?.answer("echo", { kind: "task", task });
  const made = await ask("shelf", "tools/call", { name: "echo", arguments: {} });
  const taskId = String(made.message?.result?.taskId);
  await ask("shelf", "tasks/get", { taskId });
  await ask("shelf", "tasks/update", { taskId, inputResponses: { who: accepted } });
  await ask("shelf", "tasks/cancel", { taskId });
  await ask("shelf", "tasks/get", { taskId: "made-up" });
}, 120_000);
afterAll(() => gate?.stop());

const isJudged = ({ entrypoint, decision }: LogRecord) => entrypoint === "toolgate/decide" && decision !== undefined;
const judged = async () => (await gate.records()).filter(isJudged);

async function impactOf(changed: Company): Promise<Impact> {
  const bench = await workbenchOf("next", await signedBundle(changed, { sequence: 9 }, gate.key));
  if (!bench.ok) throw new Error(JSON.stringify(bench.error));
  const { policy, rehearsal, manifest } = bench.value;
  const { environment } = manifest.metadata.toolgate;
  const second = rejudgeOf({ policy, catalog: rehearsal.catalog, targets: rehearsal.targets, bundle: { environment, tenant: "default" } });
  try {
    const found = await impactOn([placeOf(gate.dataDir)], second);
    if (!found.ok) throw new Error(found.error.detail);
    return found.value;
  } finally {
    await second.close();
  }
}

/** What changes, by target; what cannot be judged is the same for every bundle that reads the masked argument. */
const changes = ({ byTarget }: Impact) =>
  Object.fromEntries(
    byTarget.flatMap(({ what, counts: { same: _, unjudgeable: __, ...rest } }) => {
      const some = Object.entries(rest).filter(([, count]) => count > 0);
      return some.length === 0 ? [] : [[what, Object.fromEntries(some)]];
    }),
  );

const withServer = (id: "desk" | "shelf", row: Readonly<Record<string, unknown>>): Company => {
  const server = company.servers[id];
  return { ...company, servers: { ...company.servers, [id]: { ...server, tools: { echo: {} }, row: { ...server?.row, ...row } } } };
};

describe("questions, requests about tasks and methods of extensions", () => {
  it("leave records of every kind that the tests here are about", async () => {
    const kinds = (await judged()).map(({ kind, target, method }) => `${kind} ${target} ${method}`);
    for (const wanted of [
      "question desk.elicitation elicitation/create",
      "question shelf.elicitation elicitation/create",
      "question desk.sampling sampling/createMessage",
      "question shelf.roots roots/list",
      "intent shelf.echo tasks/get",
      "intent shelf.echo tasks/update",
      "intent shelf.echo tasks/cancel",
      "intent desk.search/query search/query",
      "refusal shelf.search/query search/query",
      "refusal desk.search/purge search/purge",
    ])
      expect(kinds).toContain(wanted);
  });

  it("are replayed as they were recorded, but for masked arguments that a rule reads", async () => {
    const found = await replayLogs([placeOf(gate.dataDir)]);
    if (!found.ok) throw new Error(found.error.detail);
    const { decisions, differences, faults } = found.value;
    expect({ differences, faults }).toEqual({ differences: [], faults: [] });
    expect(decisions.unjudgeable).toEqual({ count: 2, by: [{ what: '"/args/secret" is masked in the record and may decide', count: 2 }] });
    expect(decisions.equal).toBe((await judged()).length - 2);
  });

  it("meet the same under the bundle that decided them", async () => {
    const found = await impactOf(company);
    expect(found.counts).toMatchObject({
      same: (await judged()).length - 2,
      unjudgeable: 2,
      "would-deny": 0,
      "would-allow": 0,
      changed: 0,
    });
  });
});

describe("another bundle", () => {
  it("whose roles may ask nothing would deny every question that was allowed", async () => {
    const found = await impactOf({ ...company, roles: { ...roles, all: { ...roles.all, asks: [] } } });
    const asked = (await judged()).filter(
      ({ kind, decision }) => kind === "question" && (decision as { effect: string }).effect === "allow",
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(found.counts["would-deny"]).toBe(asked.length);
    expect(Object.keys(changes(found)).sort()).toEqual(["desk.elicitation", "shelf.elicitation", "shelf.roots"]);
    expect(found.byRule).toEqual([{ word: "would-deny", rule: "no permit", count: asked.length }]);
  });

  it("that grants sampling would allow it", async () => {
    const found = await impactOf({ ...company, roles: { ...roles, all: { ...roles.all, asks: ["*/*"] } } });
    expect(changes(found)).toEqual({ "desk.sampling": { "would-allow": 1 }, "shelf.sampling": { "would-allow": 1 } });
  });

  it("whose server may not ask says so with the gateway's own code", async () => {
    const found = await impactOf(withServer("desk", { asks: ["roots"] }));
    expect(found.byRule).toContainEqual({ word: "would-deny", rule: "toolgate question.not_granted", count: 3 });
    expect(changes(found)["desk.elicitation"]).toEqual({ "would-deny": 3 });
  });

  it("that raises or lowers the depth changes the extension's requests alone", async () => {
    const raised = await impactOf({ ...company, policies: { asks: rulesOf(9) } });
    expect(changes(raised)).toEqual({
      "desk.search/query": { "would-allow": 1 },
      "shelf.search/query": { "would-allow": 1 },
    });
    const lowered = await impactOf({ ...company, policies: { asks: rulesOf(1) } });
    expect(changes(lowered)["desk.search/query"]).toEqual({ "would-deny": 1 });
  });

  it("without the method, or without the extension of tasks, has no such target", async () => {
    const without = await impactOf(withServer("desk", { extension_methods: { [search]: ["search/purge"] } }));
    expect(without.byRule).toContainEqual({ word: "would-deny", rule: "toolgate extension.unknown", count: 3 });
    const taskless = await impactOf(withServer("shelf", { extensions: [search] }));
    expect(taskless.byRule).toContainEqual({ word: "would-deny", rule: "toolgate task.unknown", count: 3 });
  });
});

describe.skipIf(opaIsMissing)("explain", () => {
  async function told(fits: (record: LogRecord) => boolean): Promise<Explanation> {
    const record = (await judged()).find(fits);
    if (record === undefined) throw new Error("there is no such record");
    const opa = await findOpa({ env: process.env });
    const found = await explain(record.id, { source: dataDirectories([placeOf(gate.dataDir)]), opa });
    if (!found.ok) throw new Error(found.error.detail);
    expect(found.value.faults).toEqual([]);
    return found.value;
  }
  const effectOf = ({ decision }: LogRecord) => (decision as { effect?: string }).effect;

  it.each(["desk", "shelf"])("tells why %s might ask the user, in which call, and by which role of each side", async (server) => {
    const one = await told((record) => record.target === `${server}.elicitation` && effectOf(record) === "allow");
    expect(one).toMatchObject({
      verdict: "allowed",
      answer: `Allowed: ${server}.elicitation for ann via desk-bot - the user by role all, the agent by role all`,
      conditions: { by: "opa", equal: true },
      asked: { of: expect.stringMatching(/^dec_/) },
    });
  });

  it("tells which field of a form was refused", async () => {
    const one = await told((record) => JSON.stringify(record.reasons ?? []).includes("asks.password"));
    expect(one).toMatchObject({ verdict: "refused", conditions: { equal: true } });
    expect(one.answer).toContain('asks.password by policy.asks - field is "password"');
  });

  it("tells a question that a denial closed, and one that nobody was granted", async () => {
    const closed = await told(({ target }) => target === "desk.roots");
    expect(closed).toMatchObject({ verdict: "refused", conditions: { equal: true } });
    expect(closed.answer).toContain('asks.no_roots by policy.asks - input.roots.origin is "desk.echo"');
    const none = await told(({ target }) => target === "shelf.sampling");
    expect(none).toMatchObject({ verdict: "hidden", conditions: { equal: true } });
    expect(none.answer).toBe("Refused as if it did not exist: user ann and agent desk-bot have no permit for shelf.sampling");
  });

  it("tells of a question that policy allows and no client could answer", async () => {
    const one = await told((record) => JSON.stringify(record.reasons ?? []).includes("question.client_incapable"));
    expect(one).toMatchObject({ verdict: "refused", policy: { effect: "allow" } });
    expect(one.answer).toMatch(/^Refused: question\.client_incapable - .*, although policy allows it$/);
  });

  it.each(["tasks/get", "tasks/update", "tasks/cancel"])("tells %s as a use of the tool that the task came from", async (method) => {
    const one = await told((record) => record.method === method);
    expect(one).toMatchObject({ verdict: "allowed", asked: { method, target: "shelf.echo" }, conditions: { by: "opa", equal: true } });
    expect(one.sides.map(({ by }) => by)).toEqual([["role all"], ["role all"]]);
  });

  it.each(["desk", "shelf"])("tells what a method of an extension at %s was refused for, and who lacks it", async (server) => {
    const deep = await told((record) => record.target === `${server}.search/query` && effectOf(record) === "deny");
    expect(deep).toMatchObject({ verdict: "refused", conditions: { equal: true } });
    expect(deep.answer).toContain("asks.too_deep by policy.asks - deep(…) holds");
    expect(deep.answer).toContain("args.depth = 4 is above 3");
    const purge = await told(({ target }) => target === `${server}.search/purge`);
    expect(purge.verdict).toBe("hidden");
    const roles = purge.sides[0]?.candidates.map((one) => (one.kind === "role" ? one.role : one.id));
    expect(roles).toEqual(server === "desk" ? ["purge"] : []);
  });

  it("never guesses at a masked argument of an extension", async () => {
    const one = await told(({ target, input }) => target === "desk.search/query" && JSON.stringify(input).includes('"/args/secret"'));
    expect(one.masked).toEqual(["/args/secret"]);
    expect(one.conditions.equal).toBeUndefined();
    expect(one.rules.find(({ name }) => name === "asks.too_deep")?.state).toBe("unjudgeable");
  });
});
