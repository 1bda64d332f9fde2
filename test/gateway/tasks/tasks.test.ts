import { describe, expect, it } from "vitest";
import type { Answer, GatewayRequest } from "../../../src/gateway/gateway.ts";
import {
  client,
  everything,
  form,
  reply,
  type ScriptedGateway,
  type ScriptedOptions,
  sampling,
  scripted,
} from "../conversation/scripted-gateway.ts";

type Members = Readonly<Record<string, unknown>>;

const extension = "io.modelcontextprotocol/tasks";
const capabilities = { ...everything, extensions: { [extension]: {} } };
const ann = client("stateless", { capabilities });
const accept = { action: "accept", content: { name: "Ann" } };

const working = {
  taskId: "task-7",
  status: "working",
  createdAt: "2026-06-01T12:00:00Z",
  lastUpdatedAt: "2026-06-01T12:00:00Z",
  ttlMs: 60_000,
};
const got = (task: Members) =>
  reply({
    kind: "result",
    result: { resultType: "complete", ...working, ...task },
    text: JSON.stringify({ resultType: "complete", ...working, ...task }),
  });
const empty = reply({ kind: "result", result: {}, text: "{}" });

/** A server that makes a task of each call; `task` is how it stands when it is asked. */
function tasking(task: () => Members, options: Partial<ScriptedOptions> = {}) {
  return scripted({
    row: { extensions: [extension] },
    server: ({ ask }) => {
      if (ask.method === "tools/call") return reply({ kind: "task", task: { resultType: "task", ...working } });
      return ask.method === "tasks/get" ? got(task()) : empty;
    },
    ...options,
  });
}

function textOf(answer: Answer): Members {
  if (answer.kind !== "result") throw new Error(JSON.stringify(answer));
  return JSON.parse(answer.text) as Members;
}

async function taskOf(gate: ScriptedGateway): Promise<string> {
  return String(textOf(await gate.request(ann, {})).taskId);
}

const get = (taskId: string): Partial<GatewayRequest> => ({ asked: { method: "tasks/get", taskId } });
const update = (taskId: string, inputResponses: Members): Partial<GatewayRequest> => ({
  asked: { method: "tasks/update", taskId, inputResponses },
});
const methods = (gate: ScriptedGateway) => gate.seen.map(({ ask }) => ask.method);

describe("a task that a server makes of a call", () => {
  it("has an id of ours, by which its own principal finds it", async () => {
    const gate = tasking(() => ({ statusMessage: "at it" }));
    const created = textOf(await gate.request(ann, {}));
    expect(created).toMatchObject({ resultType: "task", status: "working", ttlMs: 60_000 });
    expect(JSON.stringify(created)).not.toContain("task-7");
    const taskId = String(created.taskId);
    expect(textOf(await gate.request(ann, get(taskId)))).toEqual({ resultType: "complete", ...working, taskId, statusMessage: "at it" });
    expect(gate.seen[1]?.ask).toMatchObject({ method: "tasks/get", paramsText: '"taskId":"task-7"', name: "task-7" });
  });

  it("is refused where the server's definition has no tasks, or the client declared none", async () => {
    const without = tasking(() => ({}), { row: { extensions: [] } });
    expect(await without.request(ann, {})).toMatchObject({ kind: "refused", reasons: [{ code: "upstream.invalid_answer" }] });
    const gate = tasking(() => ({}));
    expect(await gate.request(client("stateless"), {})).toMatchObject({ kind: "refused" });
    expect(await gate.request(client("session", { capabilities }), {})).toMatchObject({ kind: "refused" });
  });

  it("is unknown to everybody else, at every other door, and when it has expired: all in the same words", async () => {
    const gate = tasking(() => ({}));
    const taskId = await taskOf(gate);
    const { serverId: _, ...aggregate } = ann;
    const bob = client("stateless", { capabilities, principal: { subject: "bob" } });
    const state = gate.parts.sealer.seal("state", { v: 1 }, gate.clock.now() + 1000);
    const answers = [
      await gate.request(bob, get(taskId)),
      await gate.request(aggregate, get(taskId)),
      await gate.request(ann, get("task-7")),
      await gate.request(ann, get(state)),
    ];
    gate.clock.advance(60_001);
    answers.push(await gate.request(client("stateless", { capabilities, principal: { expiresAt: gate.clock.now() + 1000 } }), get(taskId)));
    for (const answer of answers) expect(answer).toEqual({ kind: "unknown", decisionId: expect.any(String) });
    expect(gate.records("refusal").map(({ reasons }) => (reasons as { code: string }[])[0]?.code)).toEqual(
      new Array(5).fill("task.unknown"),
    );
    expect(methods(gate)).toEqual(["tools/call"]);
  });

  it("is judged as its tool with every request, on the bundle of that moment", async () => {
    const inputs: { method: string; tool?: { id: string }; args?: unknown }[] = [];
    const gate = tasking(() => ({}), {
      decide: (input) => {
        inputs.push(input);
        return {};
      },
    });
    const taskId = await taskOf(gate);
    await gate.request(ann, get(taskId));
    expect(inputs[1]).toMatchObject({ method: "tasks/get", tool: { id: "crm.refund" } });
    expect(inputs[1]?.args).toBeUndefined();
    gate.swap(() => ({ effect: "deny", reasons: [{ code: "crm.closed", rule: "crm" }] }));
    expect(await gate.request(ann, get(taskId))).toMatchObject({ kind: "refused", reasons: [{ code: "crm.closed" }] });
    expect(methods(gate)).toEqual(["tools/call", "tasks/get"]);
  });

  it("may only be asked about by a client that takes tasks", async () => {
    const gate = tasking(() => ({}));
    const taskId = await taskOf(gate);
    expect(await gate.request(client("stateless"), get(taskId))).toMatchObject({
      kind: "incapable",
      required: { extensions: { [extension]: {} } },
    });
    expect(methods(gate)).toEqual(["tools/call"]);
  });

  it("is cancelled at its server under the server's own id", async () => {
    const gate = tasking(() => ({}));
    const taskId = await taskOf(gate);
    expect(textOf(await gate.request(ann, { asked: { method: "tasks/cancel", taskId } }))).toEqual({ resultType: "complete" });
    expect(gate.seen[1]?.ask).toMatchObject({ method: "tasks/cancel", paramsText: '"taskId":"task-7"' });
  });

  it("is unknown once a bundle takes the extension back from its server, and the server hears nothing", async () => {
    const gate = tasking(() => ({}));
    const taskId = await taskOf(gate);
    gate.swap(() => ({}), { extensions: [] });
    expect(await gate.request(ann, get(taskId))).toMatchObject({ kind: "unknown" });
    expect(methods(gate)).toEqual(["tools/call"]);
  });

  it("carries no words of the server in what nobody inspects", async () => {
    const odd = { createdAt: "the IBAN is DE1", lastUpdatedAt: { iban: "DE1" }, ttlMs: "DE1", pollIntervalMs: "DE1", note: "DE1" };
    const gate = tasking(() => odd);
    const created = tasking(() => ({}), { server: () => reply({ kind: "task", task: { ...working, ...odd } }) });
    expect(JSON.stringify(await gate.request(ann, get(await taskOf(gate))))).not.toContain("DE1");
    expect(JSON.stringify(await created.request(ann, {}))).not.toContain("DE1");
    const status = tasking(() => ({}), { server: () => reply({ kind: "task", task: { ...working, status: "DE1" } }) });
    expect(await status.request(ann, {})).toMatchObject({ kind: "refused", reasons: [{ code: "upstream.invalid_answer" }] });
  });

  it("shows an answer that no task can be to nobody", async () => {
    for (const task of [
      { status: "odd" },
      { status: "completed" },
      { status: "completed", result: 1 },
      { status: "failed", error: "x" },
      { status: "completed", result: { resultType: "input_required", inputRequests: { who: form() } } },
      { status: "input_required", inputRequests: { a: { method: "tools/call" } } },
    ]) {
      const gate = tasking(() => task);
      expect(await gate.request(ann, get(await taskOf(gate)))).toMatchObject({
        kind: "refused",
        reasons: [{ code: "upstream.invalid_answer" }],
      });
    }
  });
});

describe("what came of a task", () => {
  const done = {
    status: "completed",
    result: { content: [{ type: "text", text: "s3cret 12345678901234567890" }], structuredContent: { iban: "DE1" } },
  };

  it("reaches the client in the server's words, without known secrets", async () => {
    const gate = tasking(() => done);
    expect(textOf(await gate.request(ann, get(await taskOf(gate))))).toMatchObject({
      status: "completed",
      result: { content: [{ text: "[secret] 12345678901234567890" }] },
    });
  });

  it("is inspected and redacted like the tool's own result", async () => {
    const gate = tasking(() => ({ ...done, statusMessage: "iban DE1" }), {
      rules: { refunds: ["permit", "redact"] },
      inspect: ({ method }) =>
        method === "tasks/get" ? { redactions: [{ rule: "r", path: "/iban", mode: "remove", optional: false }] } : {},
    });
    const answer = await gate.request(ann, get(await taskOf(gate)));
    expect(JSON.stringify(answer)).not.toContain("DE1");
    expect(textOf(answer)).toMatchObject({ status: "completed", result: { structuredContent: {} } });
  });

  const needsArgs: Partial<ScriptedOptions> = {
    rules: { refunds: ["permit", "redact"] },
    inspect: ({ args }) => (args === undefined ? {} : { redactions: [{ rule: "r", path: "/iban", mode: "remove", optional: false }] }),
  };

  it("is inspected with the arguments of its call, so that a server cannot shake off a rule by making a task", async () => {
    const gate = tasking(() => done, needsArgs);
    const answer = await gate.request(ann, get(await taskOf(gate)));
    expect(JSON.stringify(answer)).not.toContain("DE1");
    expect(textOf(answer)).toMatchObject({ status: "completed" });
  });

  it("is not made of a call whose arguments are too long to be inspected later, nor told of one", async () => {
    const long = { asked: { method: "tools/call", name: "refund", args: { amount: 5, note: "x".repeat(2000) } } } as const;
    const gate = tasking(() => done, { ...needsArgs, schema: { type: "object" } });
    expect(await gate.request(ann, long)).toMatchObject({ kind: "refused", reasons: [{ code: "upstream.invalid_answer" }] });
    expect(gate.seen[0]?.capabilities?.extensions).toEqual({});

    const { rules: _, ...uninspected } = needsArgs;
    const before = tasking(() => done, { ...uninspected, schema: { type: "object" } });
    const taskId = String(textOf(await before.request(ann, long)).taskId);
    expect(textOf(await before.request(ann, get(taskId)))).toMatchObject({ status: "completed" });
    before.swap(({ method }) =>
      method === "tasks/get" ? { redactions: [{ rule: "r", path: "/iban", mode: "remove", optional: false }] } : {},
    );
    expect(await before.request(ann, get(taskId))).toMatchObject({ kind: "refused", reasons: [{ code: "result.unredactable" }] });
  });

  it("is withheld where policy withholds it", async () => {
    const gate = tasking(() => done, {
      rules: { refunds: ["permit", "withhold"] },
      inspect: () => ({ withheld: [{ code: "crm.secret", rule: "crm" }] }),
    });
    const answer = await gate.request(ann, get(await taskOf(gate)));
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "crm.secret" }] });
    expect(JSON.stringify(answer)).not.toContain("DE1");
  });

  it("stays under what the call's own decision asked for, whatever is decided later", async () => {
    const limits = { obligations: [{ type: "limit_result", rule: "r", bytes: 20 }] } as const;
    const redacts = { redactions: [{ rule: "r", path: "/iban", mode: "remove", optional: false }] } as const;
    for (const [first, code] of [
      [limits, "result.too_large"],
      [redacts, undefined],
    ] as const) {
      const gate = tasking(() => done, { decide: ({ method }) => (method === "tools/call" ? first : {}) });
      const answer = await gate.request(ann, get(await taskOf(gate)));
      expect(JSON.stringify(answer)).not.toContain("DE1");
      if (code) expect(answer).toMatchObject({ kind: "refused", reasons: [{ code }] });
    }
  });

  it("is an error as the server told it, but none that asks a person for something", async () => {
    const failed = (code: number) => tasking(() => ({ status: "failed", error: { code, message: "s3cret limit" } }));
    const gate = failed(-32603);
    expect(textOf(await gate.request(ann, get(await taskOf(gate))))).toMatchObject({
      status: "failed",
      error: { code: -32603, message: "[secret] limit" },
    });
    const asking = failed(-32042);
    expect((await asking.request(ann, get(await taskOf(asking)))).kind).toBe("refused");
  });
});

describe("what a task waits for", () => {
  const waits = (inputRequests: Members) => () => ({ status: "input_required", inputRequests });

  it("is told to the client where policy allows it, and its answers go to the server", async () => {
    const gate = tasking(waits({ who: form() }));
    const taskId = await taskOf(gate);
    expect(textOf(await gate.request(ann, get(taskId))).inputRequests).toEqual({ who: form() });
    expect(textOf(await gate.request(ann, update(taskId, { who: accept, other: accept })))).toEqual({ resultType: "complete" });
    expect(gate.seen.at(-1)?.ask).toMatchObject({
      method: "tasks/update",
      paramsText: `"taskId":"task-7","inputResponses":${JSON.stringify({ who: accept })}`,
    });
    expect(gate.records("answer")).toMatchObject([{ of: gate.records("intent").at(-1)?.id }]);
  });

  it("gets a no where policy refuses an elicitation, and the client learns no word of it", async () => {
    const gate = tasking(waits({ who: form("secret words") }), {
      decide: ({ elicitation }) => (elicitation ? { effect: "deny", known: false } : {}),
    });
    const answer = await gate.request(ann, get(await taskOf(gate)));
    expect(textOf(answer)).toMatchObject({ status: "working" });
    expect(JSON.stringify(answer)).not.toContain("secret words");
    expect(gate.seen.at(-1)?.ask).toMatchObject({
      method: "tasks/update",
      paramsText: expect.stringContaining('"who":{"action":"decline"}'),
    });
  });

  it("ends the task where policy refuses a model", async () => {
    const gate = tasking(waits({ think: sampling }), { decide: (input) => (input.sampling ? { effect: "deny", known: false } : {}) });
    const answer = await gate.request(ann, get(await taskOf(gate)));
    expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.not_granted" }] });
    expect(methods(gate)).toEqual(["tools/call", "tasks/get", "tasks/cancel"]);
  });

  it("is left waiting where the client did not declare that it can answer", async () => {
    const gate = tasking(waits({ who: form() }));
    const taskId = await taskOf(gate);
    const mute = client("stateless", { capabilities: { extensions: { [extension]: {} } } });
    expect(await gate.request(mute, get(taskId))).toMatchObject({ kind: "incapable", required: { elicitation: { form: {} } } });
    expect(methods(gate)).toEqual(["tools/call", "tasks/get"]);
  });

  it("gets no answer that it does not wait for any more, that cannot be used, or that cannot be put on record", async () => {
    const gate = tasking(() => ({}));
    const taskId = await taskOf(gate);
    await gate.request(ann, update(taskId, { who: accept }));
    expect(methods(gate)).toEqual(["tools/call", "tasks/get"]);

    const open = tasking(waits({ who: form() }));
    const other = await taskOf(open);
    expect((await open.request(ann, update(other, { who: { action: "accept", content: { admin: "x" } } }))).kind).toBe("invalid");
    expect(methods(open)).toEqual(["tools/call", "tasks/get"]);
    const append = open.log.append.bind(open.log);
    Object.assign(open.log, {
      append: (body: string, durability: "grouped") => {
        if (body.startsWith('{"kind":"answer"')) open.log.refuse("disk full");
        return append(body, durability);
      },
    });
    expect((await open.request(ann, update(other, { who: accept }))).kind).toBe("refused");
    expect(methods(open)).toEqual(["tools/call", "tasks/get", "tasks/get"]);
  });

  it("costs what it costs although the answers cannot be used: the server was asked", async () => {
    const gate = tasking(waits({ who: form() }), {
      decide: ({ elicitation }) => (elicitation ? {} : { obligations: [{ type: "budget", rule: "r", name: "refunds-per-day", cost: 1 }] }),
    });
    const taskId = await taskOf(gate);
    await gate.request(ann, update(taskId, { who: { action: "odd" } }));
    expect(gate.records("outcome").at(-1)).toMatchObject({ reservation: { state: "committed" } });
  });

  it("gets no answer of the client to what policy refuses by then", async () => {
    const gate = tasking(waits({ who: form() }));
    const taskId = await taskOf(gate);
    gate.swap(({ elicitation }) => (elicitation ? { effect: "deny", known: false } : {}));
    await gate.request(ann, update(taskId, { who: accept }));
    expect(JSON.stringify(gate.seen.map(({ ask }) => ask))).not.toContain("Ann");
  });
});
