import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type CallOptions, type Company, type Gate, startGate, told } from "../support/gate.ts";
import { type AskedQuestion, nameQuestion } from "../support/servers/index.ts";
import { ways, wholeCompany, wholeServers } from "./whole-company.ts";

// Questions of servers, all four ways through the gate: each is judged, put to the client in the words of its era, and its
// answer brought back to the server in the words of the server's.

const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

const sampling: AskedQuestion = {
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: { type: "text", text: "Say hello." } }], maxTokens: 10 },
};
const roots: AskedQuestion = { method: "roots/list", params: {} };

const password: AskedQuestion = {
  ...nameQuestion,
  params: { ...nameQuestion.params, requestedSchema: { type: "object", properties: { password: { type: "string" } } } },
};

const answers = {
  "elicitation/create": { action: "accept", content: { name: "ann" } },
  "sampling/createMessage": { role: "assistant", content: { type: "text", text: "hello" }, model: "m" },
  "roots/list": { roots: [{ uri: "file:///home/ann", name: "home" }] },
} as const;

type QuestionMethod = keyof typeof answers;

const strict: Company = {
  ...wholeCompany,
  roles: {
    all: { grants: ["*/*"], prompts: ["*/*"], resources: ["*/*"], asks: ["*/elicitation"] },
  },
  policies: {
    secrets: `# kinds: ["elicitation"]
constrain contains {"code": "secrets.password", "message": "Nobody is asked for a password."} if {
	some field in input.elicitation.fields
	field == "password"
}`,
  },
};

let open: Gate | undefined;
afterEach(async () => {
  await open?.stop();
  open = undefined;
});

async function gateWith(company: Company, config: Readonly<Record<string, unknown>> = {}): Promise<Gate> {
  open = await startGate({ company, servers: wholeServers, config });
  return open;
}

/** Calls `echo` at a server's door and answers what is asked, in whichever way the era has. Gives back every answer on the way. */
async function callAndAnswer(
  gate: Gate,
  server: string,
  options: CallOptions & { readonly era: "session" | "stateless" },
): Promise<Answer[]> {
  const reply = (method: string) => answers[method as QuestionMethod];
  const around = { token: await gate.token(), capabilities, ...options, door: server };
  if (options.era === "session") {
    const answer = await gate.client.ask(
      "tools/call",
      { name: "echo", arguments: {} },
      { ...around, answers: ({ method }) => ({ result: reply(method) }) },
    );
    return [answer];
  }
  const first = await gate.client.ask("tools/call", { name: "echo", arguments: {} }, around);
  const result = first.message?.result;
  if (result?.resultType !== "input_required") return [first];
  const asked = result.inputRequests as Readonly<Record<string, { readonly method: string }>>;
  const inputResponses = Object.fromEntries(Object.entries(asked).map(([key, { method }]) => [key, reply(method)]));
  const second = { name: "echo", arguments: {}, inputResponses, requestState: result.requestState };
  return [first, await gate.client.ask("tools/call", second, around)];
}

function toldToServer(answer: Answer | undefined): unknown {
  return (answer?.message?.result?.structuredContent as { readonly answers?: unknown } | undefined)?.answers;
}

describe.each(ways)("a client of the $client era and the server $server", ({ client, server }) => {
  test.each([
    ["the user's words", nameQuestion],
    ["a model's answer", sampling],
    ["the client's roots", roots],
  ] as const)("carry a question for %s there and back", async (_what, question) => {
    const gate = await gateWith(wholeCompany);
    gate.servers[server]?.answer("echo", { kind: "ask", questions: { q: question } });
    const all = await callAndAnswer(gate, server, { era: client });
    expect(toldToServer(all.at(-1)), all.map(({ text }) => text).join("\n")).toEqual({ q: answers[question.method as QuestionMethod] });
    const records = await gate.records();
    const asked = records.filter(({ kind }) => kind === "question");
    expect(asked).toMatchObject([{ effect: "allow" }]);
    expect(asked[0]?.bundle?.digest).toMatch(/^sha256:/);
  });

  test("carry several questions at once", async () => {
    const gate = await gateWith(wholeCompany);
    gate.servers[server]?.answer("echo", { kind: "ask", questions: { a: nameQuestion, b: roots } });
    const all = await callAndAnswer(gate, server, { era: client });
    expect(toldToServer(all.at(-1)), all.map(({ text }) => text).join("\n")).toMatchObject({ a: answers["elicitation/create"] });
  });

  test("put no question to the user that policy refuses, and the server is told that it was declined", async () => {
    const gate = await gateWith(strict);
    gate.servers[server]?.answer("echo", { kind: "ask", questions: { q: password } });
    const all = await callAndAnswer(gate, server, { era: client });
    expect(all).toHaveLength(1);
    expect(toldToServer(all[0]), all[0]?.text).toEqual({ q: { action: "decline" } });
    const asked = (await gate.records()).filter(({ kind }) => kind === "question");
    expect(asked).toMatchObject([{ effect: "deny", reasons: [{ code: "secrets.password" }] }]);
  });

  test("reach no model without a permit", async () => {
    const gate = await gateWith(strict);
    gate.servers[server]?.answer("echo", { kind: "ask", questions: { q: sampling } });
    const all = await callAndAnswer(gate, server, { era: client });
    expect(all).toHaveLength(1);
    expect(JSON.stringify(all[0]?.message)).not.toContain("Say hello");
    expect((await gate.records()).filter(({ kind }) => kind === "question")).toMatchObject([{ effect: "deny" }]);
    if (server === "shelf") expect(told(all[0] as Answer).codes).toEqual(["question.not_granted"]);
  });

  test("ask nobody who did not say that it can be asked", async () => {
    const gate = await gateWith(wholeCompany);
    gate.servers[server]?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const all = await callAndAnswer(gate, server, { era: client, capabilities: {} });
    expect(all).toHaveLength(1);
    expect(all[0]?.events.some((event) => (event as { method?: string }).method === "elicitation/create")).toBe(false);
    expect(JSON.stringify(all[0]?.message)).not.toContain("What is your name");
  });
});

describe("the state that a stateless client brings back", () => {
  let gate: Gate;
  const names = { name: "echo", arguments: { a: 1 } };

  async function asked(server: "desk" | "shelf"): Promise<{ readonly requestState: string; readonly inputResponses: object }> {
    gate.servers[server]?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    const first = await gate.client.ask("tools/call", names, { token: await gate.token(), door: server, era: "stateless", capabilities });
    expect(first.message?.result?.resultType, first.text).toBe("input_required");
    const [key = ""] = Object.keys(first.message?.result?.inputRequests ?? {});
    return { requestState: String(first.message?.result?.requestState), inputResponses: { [key]: answers["elicitation/create"] } };
  }

  const back = async (server: string, params: object, options: CallOptions = {}) =>
    gate.client.ask(
      "tools/call",
      { ...names, ...params },
      { token: await gate.token(), door: server, era: "stateless", capabilities, ...options },
    );

  beforeAll(() => {
    expect(ways).toHaveLength(4);
  });

  test.each(["desk", "shelf"] as const)("works for nobody else (%s)", async (server) => {
    gate = await gateWith(wholeCompany);
    const brought = await asked(server);
    const before = gate.servers[server]?.received.length;
    const answer = await back(server, brought, { token: await gate.token({ user: "eve" }) });
    expect(answer.message?.error?.code, answer.text).toBe(-32602);
    expect(gate.servers[server]?.received.length).toBe(before);
  });

  test.each(["desk", "shelf"] as const)("works for no other arguments (%s)", async (server) => {
    gate = await gateWith(wholeCompany);
    const brought = await asked(server);
    const before = gate.servers[server]?.received.length;
    const answer = await back(server, { ...brought, arguments: { a: 2 } });
    expect(answer.message?.error?.code, answer.text).toBe(-32602);
    expect(gate.servers[server]?.received.length).toBe(before);
  });

  test.each(["desk", "shelf"] as const)("works in no changed form (%s)", async (server) => {
    gate = await gateWith(wholeCompany);
    const brought = await asked(server);
    const before = gate.servers[server]?.received.length;
    const at = brought.requestState.length - 5;
    const changed = `${brought.requestState.slice(0, at)}${brought.requestState[at] === "A" ? "B" : "A"}${brought.requestState.slice(at + 1)}`;
    const answer = await back(server, { ...brought, requestState: changed });
    expect(answer.message?.error?.code, answer.text).toBe(-32602);
    expect(gate.servers[server]?.received.length).toBe(before);
  });

  test("resumes a parked call once and no more", async () => {
    gate = await gateWith(wholeCompany);
    const brought = await asked("desk");
    expect(toldToServer(await back("desk", brought))).toEqual({ q: answers["elicitation/create"] });
    const before = gate.servers.desk?.received.length;
    const again = await back("desk", brought);
    expect(again.message?.error?.code, again.text).toBe(-32602);
    expect(gate.servers.desk?.received.length).toBe(before);
  });

  test("says nothing of what the server itself wrote into it", async () => {
    gate = await gateWith(wholeCompany);
    gate.servers.shelf?.answer("echo", { kind: "ask", questions: { q: nameQuestion }, state: "the-servers-own-state" });
    const first = await gate.client.ask("tools/call", names, { token: await gate.token(), door: "shelf", era: "stateless", capabilities });
    expect(first.text).not.toContain("the-servers-own-state");
  });

  test("brings no answer to the server that was never asked for", async () => {
    gate = await gateWith(wholeCompany);
    const brought = await asked("shelf");
    await back("shelf", {
      ...brought,
      inputResponses: { ...brought.inputResponses, more: { action: "accept", content: { password: "x" } } },
    });
    expect(gate.servers.shelf?.received.some(({ raw }) => raw.includes("password"))).toBe(false);
  });

  test("is not needed by a client that answers before it is asked, but the question is judged all the same", async () => {
    gate = await gateWith(strict);
    const early = { inputResponses: { q: answers["elicitation/create"], other: { action: "accept" } } };
    gate.servers.shelf?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
    expect(toldToServer(await back("shelf", early))).toEqual({ q: answers["elicitation/create"] });
    const kinds = (await gate.records()).map(({ kind }) => kind).filter((kind) => kind === "question" || kind === "answer");
    expect(kinds).toEqual(["question", "answer"]);
    gate.servers.shelf?.answer("echo", { kind: "ask", questions: { q: password } });
    expect(toldToServer(await back("shelf", { inputResponses: { q: { action: "accept", content: { password: "x" } } } }))).toEqual({
      q: { action: "decline" },
    });
    expect(gate.servers.shelf?.received.some(({ raw }) => raw.includes('"password":"x"'))).toBe(false);
  });

  test("does not outlive a policy that turned against the call", async () => {
    gate = await gateWith(wholeCompany);
    const brought = await asked("shelf");
    await gate.swap({}, { ...wholeCompany, roles: { all: { grants: ["desk/*"] } } });
    const before = gate.servers.shelf?.reached.length;
    expect(told(await back("shelf", brought)).effect).not.toBe("allow");
    expect(gate.servers.shelf?.reached.length).toBe(before);
  });
});
