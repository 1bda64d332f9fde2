import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Question } from "../../../src/core/question.ts";
import { ok } from "../../../src/core/result.ts";
import type { ServerDefinition } from "../../../src/core/server.ts";
import { driveTask } from "../../../src/parts/upstream/driven-task.ts";
import { failed } from "../../../src/parts/upstream/failure.ts";
import type { Progress, ServerConnection } from "../../../src/parts/upstream/index.ts";
import type { Answered } from "../../../src/parts/upstream/stream-exchange.ts";
import type { Link, WireRequest } from "../../../src/parts/upstream/wire.ts";
import { call, closing, definition, type Harness, harness, type Over, overHttp, told } from "./harness.ts";
import { type Post, type RawOptions, type RawServer, startRaw } from "./raw-server.ts";
import { startRawSse } from "./raw-sse.ts";

const capabilities = { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } };
const tools = (taskSupport: string) => ({
  tools: [{ name: "echo", inputSchema: {}, ...(taskSupport === "not said" ? {} : { execution: { taskSupport } }) }],
});
const task = (status: string, over: object = {}) => ({
  taskId: "t-1",
  status,
  createdAt: "2025-11-25T10:30:00Z",
  lastUpdatedAt: "2025-11-25T10:30:00Z",
  ttl: null,
  ...over,
});
const related = { "io.modelcontextprotocol/related-task": { taskId: "t-1" } };
const elicit = { jsonrpc: "2.0", id: "q", method: "elicitation/create", params: { message: "Who?", requestedSchema: {}, _meta: related } };
const accepted = { kind: "result", result: { action: "accept", content: { name: "Ann" } } } as const;

interface Run extends Harness {
  readonly crm: RawServer;
  readonly connection: ServerConnection;
  /** Does the next poll, which was put off. */
  poll(): Promise<number>;
}

/** Polls are what is put off by no more than five seconds while a call is under way. */
function pollOf(run: Harness): Run["poll"] {
  return async () => {
    await run.when(() => run.later.length > 0);
    const [next] = run.later.splice(0);
    next?.run();
    return next?.ms ?? 0;
  };
}

async function start(on: RawOptions["on"], taskSupport = "required", over: Partial<ServerDefinition> = {}): Promise<Run> {
  const crm = closing(await startRaw({ capabilities, on: { "tools/list": (post) => post.reply(tools(taskSupport)), ...on } }));
  const run = harness();
  const connection = run.upstream.connect(overHttp(crm.url, "session", over));
  await connection.listing();
  return { ...run, crm, connection, poll: pollOf(run) };
}

/** A server whose task has these states, one after the other. */
function lifecycle(states: readonly object[], more: RawOptions["on"] = {}): RawOptions["on"] {
  let at = 0;
  const next = () => states[Math.min(at++, states.length - 1)] ?? {};
  return {
    "tools/call": (post) => post.reply({ task: next() }),
    "tasks/get": (post) => post.reply(next()),
    "tasks/result": (post) => post.reply({ content: [{ type: "text", text: "done" }], _meta: related }),
    "tasks/cancel": (post) => post.reply(task("cancelled")),
    ...more,
  };
}

describe("a tool whose calls must become tasks", () => {
  it("is called as one, looked after at the server's interval, and its result is the call's", async () => {
    const working = task("working", { pollInterval: 700 });
    const { crm, connection, poll } = await start(lifecycle([working, working, task("completed")]));
    const reply = connection.call(call());
    expect([await poll(), await poll()]).toEqual([700, 700]);
    expect(await reply).toMatchObject({
      ok: true,
      value: { era: "session", status: 200, outcome: { kind: "result", text: '{"content":[{"type":"text","text":"done"}]}' } },
    });
    expect(crm.of("tools/call")[0]?.message.params).toEqual({ name: "echo", arguments: { n: 1 }, task: { ttl: 3_610_000 } });
    const about = crm.posts.filter(({ message }) => message.method?.startsWith("tasks/"));
    expect(about.map(({ message }) => [message.method, message.params])).toEqual([
      ["tasks/get", { taskId: "t-1" }],
      ["tasks/get", { taskId: "t-1" }],
      ["tasks/result", { taskId: "t-1" }],
    ]);
    expect(about.every(({ headers }) => headers["toolgate-decision-id"] === "dec_1")).toBe(true);
  });

  it.each([
    [1, 100],
    [60_000, 5_000],
    [undefined, 1_000],
    ["soon", 1_000],
  ])("is asked after every %s ms only within bounds: %s", async (pollInterval, ms) => {
    const { connection, poll } = await start(lifecycle([task("working", { pollInterval }), task("completed")]));
    const reply = told(connection);
    expect(await poll()).toBe(ms);
    expect(await reply).toBe("result");
  });

  it("loses nothing of its result but the name of the task", async () => {
    const text = `{"content":[],"_meta":{"kept":1.50,${JSON.stringify(related).slice(1, -1)}},"structuredContent":{"id":9007199254740993}}`;
    const raw = (post: Post) => {
      post.response.writeHead(200, { "content-type": "application/json" });
      post.response.end(`{"jsonrpc":"2.0","id":${String(post.message.id)},"result":${text}}`);
    };
    const { connection } = await start(lifecycle([task("completed")], { "tasks/result": raw }));
    expect(await connection.call(call())).toMatchObject({
      ok: true,
      value: { outcome: { text: '{"content":[],"_meta":{"kept":1.50},"structuredContent":{"id":9007199254740993}}' } },
    });
  });

  it("tells its state as progress whenever it changes", async () => {
    const states = ["Gathering", "Gathering", "Writing"].map((statusMessage) => task("working", { statusMessage }));
    const { crm, connection, poll } = await start(lifecycle([...states, task("completed")]));
    const seen: Progress[] = [];
    const reply = told(connection, { onProgress: (progress) => seen.push(progress) });
    for (let i = 0; i < 3; i++) await poll();
    expect(await reply).toBe("result");
    expect(seen).toEqual([
      { progress: 1, message: "Gathering" },
      { progress: 2, message: "Writing" },
    ]);
    const sent = crm.of("tools/call")[0]?.message;
    expect(sent?.params?._meta).toEqual({ progressToken: sent?.id });
  });

  it("that tells its progress itself is believed, and its state not told beside it", async () => {
    const { connection, poll } = await start(
      lifecycle([task("working"), task("completed", { statusMessage: "Done" })], {
        "tasks/get": (post) => post.reply(task("input_required", { statusMessage: "Writing" })),
        "tools/call": (post) => {
          post.event({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: post.message.id, progress: 7 } });
          post.finish({ task: task("working") });
        },
        "tasks/result": (post) => {
          post.event({
            jsonrpc: "2.0",
            method: "notifications/progress",
            params: { progressToken: Number(post.message.id) - 2, progress: 8 },
          });
          post.finish({ content: [] });
        },
      }),
    );
    const seen: Progress[] = [];
    const reply = told(connection, { onProgress: (progress) => seen.push(progress) });
    await poll();
    expect(await reply).toBe("result");
    expect(seen).toEqual([{ progress: 7 }, { progress: 8 }]);
  });

  it("that wants input asks with its result", async () => {
    const { crm, connection, poll, asked } = await start(
      lifecycle([task("working"), task("input_required")], {
        "tasks/result": async (post) => {
          post.event(elicit);
          await crm.answerTo("q");
          post.finish({ content: [] });
        },
      }),
      "required",
      { asks: ["elicitation"] },
    );
    const questions: Question[] = [];
    const onQuestion: Over["onQuestion"] = (question) => {
      questions.push(question);
      return Promise.resolve(accepted);
    };
    const reply = told(connection, { onQuestion });
    await poll();
    expect(await reply).toBe("result");
    expect(questions).toEqual([{ method: "elicitation/create", params: { message: "Who?", requestedSchema: {} } }]);
    expect(await crm.answerTo("q")).toMatchObject({ result: accepted.result });
    expect(asked).toEqual([]);
  });

  it("that is not done in time is cancelled at the server", async () => {
    const { crm, connection } = await start(lifecycle([task("working")]));
    expect(await told(connection, { timeoutMs: 60 })).toBe("upstream.timeout dispatched");
    await crm.when(() => crm.of("tasks/cancel").length === 1);
    expect(crm.of("tasks/cancel")[0]?.message.params).toEqual({ taskId: "t-1" });
    expect(crm.of("tasks/get")).toEqual([]);
  });

  it("whose caller gives up is cancelled at the server, also while its result is waited for", async () => {
    const { crm, connection } = await start(lifecycle([task("completed")], { "tasks/result": () => {} }));
    const controller = new AbortController();
    const reply = told(connection, { signal: controller.signal });
    await crm.when(() => crm.of("tasks/result").length === 1);
    controller.abort();
    expect(await reply).toBe("upstream.cancelled dispatched");
    await crm.when(() => crm.of("tasks/cancel").length === 1);
  });

  it("whose server cannot cancel is let go without a word about the task", async () => {
    const crm = closing(
      await startRaw({
        capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } },
        on: { "tools/list": (post) => post.reply(tools("required")), ...lifecycle([task("working")]) },
      }),
    );
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    expect(await told(connection, { timeoutMs: 60 })).toBe("upstream.timeout dispatched");
    expect(await told(connection, { timeoutMs: 60 })).toBe("upstream.timeout dispatched");
    expect(crm.of("tasks/cancel")).toEqual([]);
  });

  it("that was given up while it was being made into a task is told so", async () => {
    const { crm, connection } = await start(lifecycle([], { "tools/call": () => {} }));
    expect(await told(connection, { timeoutMs: 60 })).toBe("upstream.timeout dispatched");
    await crm.when(() => crm.of("notifications/cancelled").length === 1);
    expect(crm.of("tasks/cancel")).toEqual([]);
  });

  it("that failed answers what its result says", async () => {
    const { connection } = await start(lifecycle([task("failed")], { "tasks/result": (post) => post.fail(-32001) }));
    expect(await connection.call(call())).toMatchObject({ ok: true, value: { outcome: { kind: "error", error: { code: -32001 } } } });
    const other = await start(lifecycle([task("failed")], { "tasks/result": (post) => post.reply({ content: [], isError: true }) }));
    expect(await other.connection.call(call())).toMatchObject({
      ok: true,
      value: { outcome: { kind: "result", result: { isError: true } } },
    });
  });

  it("that the server cancelled is an error in the server's words", async () => {
    const { crm, connection } = await start(lifecycle([task("cancelled", { statusMessage: "No more paper" })]));
    expect(await connection.call(call())).toMatchObject({
      ok: true,
      value: { outcome: { kind: "error", error: { code: -32603, message: "The task was cancelled: No more paper" } } },
    });
    expect(crm.of("tasks/result")).toEqual([]);
  });

  it("that is answered at once is answered", async () => {
    const { crm, connection } = await start({ "tools/call": (post) => post.reply({ content: [] }) });
    expect(await told(connection)).toBe("result");
    const refusing = await start({ "tools/call": (post) => post.fail(-32602) });
    expect(await told(refusing.connection)).toBe("error");
    expect([...crm.of("tasks/get"), ...refusing.crm.of("tasks/get")]).toEqual([]);
  });

  const bad: [string, RawOptions["on"]][] = [
    ["a task that is no object", { "tools/call": (post) => post.reply({ task: "t-1" }) }],
    ["a task without an id", { "tools/call": (post) => post.reply({ task: task("working", { taskId: 7 }) }) }],
    ["a task with an endless id", { "tools/call": (post) => post.reply({ task: task("working", { taskId: "t".repeat(2_000) }) }) }],
    ["a task in a state that there is not", lifecycle([task("thinking")])],
    ["the state of another task", lifecycle([task("working"), task("completed", { taskId: "t-2" })])],
    ["a refusal to say how it stands", lifecycle([task("working")], { "tasks/get": (post) => post.fail(-32602) })],
    ["a result of the wrong type", lifecycle([task("completed")], { "tasks/result": (post) => post.reply({ resultType: "task" }) })],
  ];
  it.each(bad)("and is answered with %s is refused", async (_name, on) => {
    const { connection, poll } = await start(on);
    const reply = told(connection);
    await Promise.race([reply, poll()]);
    expect(await reply).toBe("upstream.invalid_answer dispatched");
  });

  it("and has a longer result than may be is refused", async () => {
    const { connection } = await start(
      lifecycle([task("completed")], { "tasks/result": (post) => post.reply({ content: ["x".repeat(3_000)] }) }),
      "required",
      { maxResultBytes: 2_000 },
    );
    expect(await told(connection)).toBe("upstream.too_large dispatched");
  });

  it("and whose server forgot the session is not called a second time", async () => {
    let session = 1;
    const crm = closing(
      await startRaw({
        capabilities,
        sessionId: () => `s${session}`,
        on: {
          "tools/list": (post) => post.reply(tools("required")),
          ...lifecycle([task("working")], { "tasks/get": ({ response }) => response.writeHead(404).end() }),
        },
      }),
    );
    const run = harness();
    const connection = run.upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    const reply = told(connection);
    session++;
    await pollOf(run)();
    expect(await reply).toBe("upstream.unavailable dispatched");
    expect(crm.of("tools/call")).toHaveLength(1);
  });
});

describe("the deadline of a call that became a task", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const has = { tools: true, prompts: false, resources: false };
  const offers = { completions: false, logging: false, subscriptions: false, extensions: {} };
  const link: Link = { era: "session", protocolVersion: "2025-11-25", has, tells: has, offers, openedAt: 0, tasks: { cancel: true } };

  it("stands still while somebody is asked, and then runs on over whatever is asked of the server", async () => {
    const sent: string[] = [];
    const answered = Promise.withResolvers<typeof accepted>();
    let lastId = 1;
    const respond = (request: WireRequest): Promise<Answered> => {
      sent.push(request.method);
      const message = { jsonrpc: "2.0", id: request.id, result: { task: task("input_required") } };
      if (request.method === "tools/call") return Promise.resolve(ok({ status: 200, bytes: 0, text: JSON.stringify(message), message }));
      // Asked, and then silent.
      void request.onQuestion?.({ method: "elicitation/create", params: {} });
      return new Promise((resolve) => {
        request.signal?.addEventListener("abort", () => resolve(failed("upstream.cancelled", "", true)));
      });
    };
    const reply = driveTask(
      {
        id: 1,
        method: "tools/call",
        body: "",
        link,
        credential: {},
        maxBytes: 1_000,
        timeoutMs: 100,
        onQuestion: () => answered.promise,
      },
      {
        wire: {
          kind: "http",
          request: respond,
          hold: () => () => {},
          notify: () => Promise.resolve(),
          listen: () => {},
          close: () => Promise.resolve(),
        },
        link,
        schedule: () => () => {},
        nextId: () => ++lastId,
        stands: () => true,
        onLost: () => {},
      },
    );
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toEqual(["tools/call", "tasks/result"]);
    answered.resolve(accepted);
    await vi.advanceTimersByTimeAsync(99);
    expect(sent).toEqual(["tools/call", "tasks/result"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toEqual(["tools/call", "tasks/result", "tasks/cancel"]);
    expect(await reply).toMatchObject({ ok: false, error: { code: "upstream.timeout", dispatched: true } });
  });
});

describe("a tool whose calls need not become tasks", () => {
  it.each(["optional", "forbidden", "not said"])("is called plainly: %s", async (taskSupport) => {
    const { crm, connection } = await start({ "tools/call": (post) => post.reply({ content: [] }) }, taskSupport);
    expect(await told(connection)).toBe("result");
    expect(crm.of("tools/call")[0]?.message.params).toEqual({ name: "echo", arguments: { n: 1 } });
  });

  it("is called plainly where the server did not declare that it makes tasks, whatever its definition says", async () => {
    for (const [declared, protocolVersion] of [
      [{ tools: {}, tasks: { requests: {} } }, "2025-11-25"],
      [capabilities, "2025-06-18"],
    ] as const) {
      const crm = closing(
        await startRaw({
          on: {
            initialize: (post) => post.reply({ protocolVersion, capabilities: declared, serverInfo: { name: "raw", version: "1" } }),
            "tools/list": (post) => post.reply(tools("required")),
            "tools/call": (post) => post.reply({ content: [] }),
          },
        }),
      );
      const connection = harness().upstream.connect(overHttp(crm.url, "session"));
      await connection.listing();
      expect(await told(connection)).toBe("result");
      expect(crm.of("tools/call")[0]?.message.params).not.toHaveProperty("task");
    }
  });
});

describe("a task of a server that answers everything on one stream", () => {
  async function overStream() {
    const crm = closing(
      await startRawSse({
        protocolVersion: "2025-11-25",
        capabilities,
        on: {
          "tools/list": (post) => {
            post.response.writeHead(202).end();
            post.reply({ tools: [...tools("required").tools, { name: "plain", inputSchema: {} }] });
          },
          "tools/call": (post) => {
            post.response.writeHead(202).end();
            if (post.message.params?.name === "echo") post.reply({ task: task("working") });
          },
          "tasks/get": (post) => {
            post.response.writeHead(202).end();
            post.reply(task("completed"));
          },
          "tasks/result": (post) => {
            post.response.writeHead(202).end();
            post.reply({ content: [] });
          },
        },
      }),
    );
    const run = harness();
    const server = definition({ kind: "sse", place: { url: crm.url }, hostClass: "loopback", era: "session" }, { asks: ["elicitation"] });
    const connection = run.upstream.connect(server);
    await connection.listing();
    return { ...run, crm, connection, poll: pollOf(run) };
  }

  it("may ask while nothing is under way but the task", async () => {
    const { crm, connection, later, when, poll, asked } = await overStream();
    const reply = told(connection, { onQuestion: () => Promise.resolve(accepted) });
    await when(() => later.length > 0);
    crm.opened[0]?.event(elicit);
    await crm.when(() => crm.of(undefined).length === 1);
    expect(crm.of(undefined)[0]?.message).toMatchObject({ id: "q", result: accepted.result });
    await poll();
    expect(await reply).toBe("result");
    expect(asked).toEqual([]);
  });

  it("may not ask while another call is under way: its question could be that one's", async () => {
    const { crm, connection, later, when, poll, asked } = await overStream();
    const never = () => Promise.reject(new Error("not this one"));
    const reply = told(connection, { onQuestion: never });
    await when(() => later.length > 0);
    const other = told(connection, { tool: "plain", onQuestion: never });
    await crm.when(() => crm.of("tools/call").length === 2);
    crm.opened[0]?.event(elicit);
    await crm.when(() => crm.of(undefined).length === 1);
    expect(crm.of(undefined)[0]?.message).toMatchObject({ id: "q", error: { code: -32601 } });
    expect(asked).toHaveLength(1);
    crm.of("tools/call")[1]?.reply({ content: [] });
    await poll();
    expect(await Promise.all([reply, other])).toEqual(["result", "result"]);
  });

  it("tells its progress by the token of the call", async () => {
    const { crm, connection, later, when, poll } = await overStream();
    const seen: Progress[] = [];
    const reply = told(connection, { onProgress: (progress) => seen.push(progress) });
    await when(() => later.length > 0);
    const progressToken = crm.of("tools/call")[0]?.message.id;
    crm.opened[0]?.event({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress: 3 } });
    await poll();
    expect(await reply).toBe("result");
    expect(seen).toEqual([{ progress: 3 }]);
  });

  it("is lost with the stream", async () => {
    const { crm, connection, later, when } = await overStream();
    const reply = told(connection);
    await when(() => later.length > 0);
    const [poll] = later.splice(0);
    crm.opened[0]?.end();
    await when(() => later.length > 0);
    poll?.run();
    expect(await reply).toBe("upstream.unavailable dispatched");
  });
});
