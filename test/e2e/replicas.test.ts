import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type CallOptions, plainHeaders, told } from "../support/gate.ts";
import { type Replicas, redisFound, startReplicas, to, type Which } from "../support/replicas.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { clientEras, servers, wholeCompany, wholeServers } from "./whole-company.ts";

// Two replicas behind a balancer that sends each request to the next one: nothing but Redis is shared.

const why = redisFound.kind === "missing" ? ` (left out: ${redisFound.reason})` : "";
const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const ann = { action: "accept", content: { name: "ann" } };

describe.skipIf(redisFound.kind === "missing")(`two replicas${why}`, () => {
  let replicas: Replicas;
  beforeAll(async () => {
    replicas = await startReplicas({ company: wholeCompany, servers: wholeServers });
  });
  afterAll(() => replicas?.stop());

  const ask = async (method: string, params: object, options: CallOptions = {}): Promise<Answer> =>
    replicas.client.ask(method, params as Readonly<Record<string, unknown>>, { token: await replicas.gate.token(), ...options });
  /** The replicas that took requests of this method since the position. */
  const takers = (since: number, method: string | undefined): readonly Which[] =>
    replicas.passed
      .slice(since)
      .filter((passed) => passed.verb === "POST" && passed.method === method)
      .map(({ replica }) => replica);

  test("are both ready, and say what they share", async () => {
    for (const url of [replicas.gate.url, replicas.other.url]) {
      const answer = await fetch(`${url}/readyz`);
      expect(await answer.json()).toMatchObject({
        status: "ready",
        parts: { sessions: { ok: true }, replicas: { ok: true }, seals: { ok: true }, budgets: { ok: true } },
      });
    }
  });

  test.each(clientEras)("serve one client of the %s era in turn, at every door", async (era) => {
    const token = await replicas.gate.token();
    for (const door of [...servers, undefined]) {
      const at = door === undefined ? {} : { door };
      const tool = door === undefined ? "desk__echo" : "echo";
      await ask("tools/list", {}, { era, token, ...at });
      const since = replicas.passed.length;
      for (let n = 0; n < 6; n++) {
        const answer = await ask("tools/call", { name: tool, arguments: { n } }, { era, token, ...at });
        expect(answer.message?.result?.structuredContent, answer.text).toMatchObject({ echo: { n } });
      }
      const by = takers(since, "tools/call");
      expect(by.filter((replica) => replica === 0)).toHaveLength(3);
      expect(by.filter((replica) => replica === 1)).toHaveLength(3);
    }
  });

  test.each(clientEras)("answer lists, prompts and resources alike to a client of the %s era", async (era) => {
    const token = await replicas.gate.token();
    for (const door of servers) {
      for (const [method, params] of [
        ["tools/list", {}],
        ["prompts/list", {}],
        ["resources/list", {}],
        ["resources/templates/list", {}],
        ["prompts/get", { name: "greet", arguments: { who: "bob" } }],
        ["resources/read", { uri: `${door}://notes/one` }],
        ["completion/complete", { ref: { type: "ref/prompt", name: "greet" }, argument: { name: "who", value: "b" } }],
      ] as const) {
        const [one, other] = [
          await ask(method, params, { era, door, token, headers: to(0) }),
          await ask(method, params, { era, door, token, headers: to(1) }),
        ];
        expect(one.message?.result, `${method} at ${door}: ${one.text}`).toBeDefined();
        expect(other.message?.result, `${method} at ${door}`).toEqual(one.message?.result);
      }
    }
  });

  test("know a session on both, with what its client chose, and end it on both", async () => {
    const options = { token: await replicas.gate.token(), door: "desk" };
    const set = await ask("logging/setLevel", { level: "error" }, { ...options, headers: to(0) });
    expect(set.message?.result, set.text).toEqual({});
    const opened = await replicas.client.session(options);
    const headers = { ...plainHeaders(options.token), "mcp-session-id": String(opened.headers["mcp-session-id"]) };
    const gone = await fetch(`${replicas.url}/servers/desk/mcp`, { method: "DELETE", headers: defined({ ...headers, ...to(1) }) });
    expect(gone.status).toBe(204);
    for (const replica of [0, 1] as const) {
      const answer = await ask("tools/list", {}, { ...options, headers: to(replica) });
      expect(answer.status, answer.text).toBe(404);
    }
    replicas.client.forget();
  });

  test("show a session of somebody else to nobody", async () => {
    const mine = await replicas.client.initialize({ token: await replicas.gate.token(), door: "desk" });
    const session = { "mcp-session-id": String(mine.headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
    const theirs = await replicas.gate.token({ user: "eve" });
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
    for (const replica of [0, 1] as const) {
      const answer = await replicas.client.post(body, { ...plainHeaders(theirs), ...session, ...to(replica) }, "desk");
      expect(answer.status, answer.text).toBe(404);
    }
  });

  test("carry an answer to the replica on which the question was asked", async () => {
    for (const door of servers) {
      replicas.gate.servers[door]?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
      // The opening of the session shifts the turn; done before, the call and its answer are neighbours.
      const options = { token: await replicas.gate.token(), door, capabilities };
      await replicas.client.session(options);
      const since = replicas.passed.length;
      const answer = await ask("tools/call", { name: "echo", arguments: {} }, { ...options, answers: () => ({ result: ann }) });
      expect(answer.message?.result?.structuredContent, answer.text).toMatchObject({ answers: { q: ann } });
      const [called, answered] = [takers(since, "tools/call"), takers(since, undefined)];
      expect(called).toHaveLength(1);
      expect(answered).toHaveLength(1);
      expect(answered[0]).not.toBe(called[0]);
    }
  });

  test.each(servers)("resume a call that waits for its client, wherever it waits (%s)", async (door) => {
    const server = replicas.gate.servers[door];
    server?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    for (const [first, second] of [
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const options = { token: await replicas.gate.token(), door, era: "stateless", capabilities } as const;
      const named = { name: "echo", arguments: { first, second } };
      const asked = await ask("tools/call", named, { ...options, headers: to(first) });
      expect(asked.message?.result?.resultType, asked.text).toBe("input_required");
      const brought = { ...named, ...answered(asked) };
      const foreign = await ask("tools/call", brought, {
        ...options,
        token: await replicas.gate.token({ user: "eve" }),
        headers: to(second),
      });
      expect(foreign.message?.error?.code, foreign.text).toBe(-32602);
      const answer = await ask("tools/call", brought, { ...options, headers: to(second) });
      expect(answer.message?.result?.structuredContent, answer.text).toMatchObject({ answers: { q: ann } });
    }
  });

  test("resume a parked call once, whichever replica is asked the second time", async () => {
    replicas.gate.servers.desk?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const options = { token: await replicas.gate.token(), door: "desk", era: "stateless", capabilities } as const;
    const named = { name: "echo", arguments: {} };
    const asked = await ask("tools/call", named, { ...options, headers: to(0) });
    const brought = { ...named, ...answered(asked) };
    const calls = replicas.gate.servers.desk?.calls.length;
    const answers = await Promise.all([to(0), to(1), to(1), to(0)].map((headers) => ask("tools/call", brought, { ...options, headers })));
    expect(answers.filter(({ message }) => message?.result?.structuredContent !== undefined)).toHaveLength(1);
    expect(answers.filter(({ message }) => message?.error?.code === -32602)).toHaveLength(3);
    expect(replicas.gate.servers.desk?.calls.length).toBe(calls);
  });

  test("leave records that each name the decision, on the replica that decided", async () => {
    const records = await replicas.gate.records();
    expect(records.filter(({ kind }) => kind === "outcome").length).toBeGreaterThan(0);
    expect((await replicas.gate.verify()).ok).toBe(true);
    expect(told(await ask("tools/call", { name: "desk__nothing", arguments: {} })).effect).toBe("unknown");
  });
});

/** What a client brings back that gives ann's name to everything it was asked. */
function answered({ message }: Answer): object {
  const { inputRequests = {}, requestState } = message?.result ?? {};
  return { inputResponses: Object.fromEntries(Object.keys(inputRequests as object).map((key) => [key, ann])), requestState };
}

function defined(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
