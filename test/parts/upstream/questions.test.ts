import { describe, expect, it } from "vitest";
import type { Question, QuestionAnswer } from "../../../src/core/question.ts";
import { call, closing, harness, type Over, overHttp, told } from "./harness.ts";
import { type Post, type RawOptions, startRaw } from "./raw-server.ts";

const asks = { asks: ["elicitation", "roots", "sampling"] } as const;
const elicit = (id: unknown, params: object = { message: "Who?", requestedSchema: {} }) => ({
  jsonrpc: "2.0",
  id,
  method: "elicitation/create",
  params,
});
const accepted: QuestionAnswer = { kind: "result", result: { action: "accept", content: { name: "Ann" } } };
const done = { content: [] };

async function start(tool: (post: Post) => void, options: RawOptions = {}) {
  return closing(await startRaw({ ...options, on: { "tools/call": tool, ...options.on } }));
}

/** Calls the tool and remembers what was asked. */
function asking(answer: QuestionAnswer = accepted) {
  const questions: Question[] = [];
  const over: Over = {
    onQuestion: (question) => {
      questions.push(question);
      return Promise.resolve(answer);
    },
  };
  return { questions, over };
}

describe("a server with sessions that asks in the middle of a call", () => {
  it("is declared exactly what its definition lets it ask", async () => {
    const crm = await start((post) => post.reply(done));
    await told(harness().upstream.connect(overHttp(crm.url, "session", { asks: ["elicitation", "roots"], extensions: ["com.example/x"] })));
    expect(crm.of("initialize")[0]?.message.params?.capabilities).toEqual({
      elicitation: { form: {}, url: {} },
      roots: {},
      extensions: { "com.example/x": {} },
    });
  });

  it("gets the answer of the client whose call it is, and the call goes on", async () => {
    const crm = await start(async (post) => {
      post.event(elicit("q1", { message: "Who?", requestedSchema: {}, _meta: { secret: 1 } }));
      await crm.answerTo("q1");
      post.finish(done);
    });
    const { upstream, asked } = harness();
    const { questions, over } = asking();
    expect(await told(upstream.connect(overHttp(crm.url, "session", asks)), over)).toBe("result");
    expect(questions).toEqual([{ method: "elicitation/create", params: { message: "Who?", requestedSchema: {} } }]);
    expect(await crm.answerTo("q1")).toEqual({ jsonrpc: "2.0", id: "q1", result: { action: "accept", content: { name: "Ann" } } });
    expect(asked).toEqual([]);
  });

  it("gets the error of a client that does not answer", async () => {
    const crm = await start(async (post) => {
      post.event({ jsonrpc: "2.0", id: 7, method: "roots/list" });
      await crm.answerTo(7);
      post.finish(done);
    });
    const { questions, over } = asking({ kind: "error", error: { code: -1, message: "rejected" } });
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session", asks)), over)).toBe("result");
    expect(questions).toEqual([{ method: "roots/list", params: {} }]);
    expect((await crm.answerTo(7)).error).toEqual({ code: -1, message: "rejected" });
  });

  it("gets an internal error where the gateway itself fails, which is logged", async () => {
    const crm = await start(async (post) => {
      post.event(elicit("q"));
      await crm.answerTo("q");
      post.finish(done);
    });
    const { upstream, logs } = harness();
    const onQuestion = () => Promise.reject(new Error("broken"));
    expect(await told(upstream.connect(overHttp(crm.url, "session", asks)), { onQuestion })).toBe("result");
    expect((await crm.answerTo("q")).error).toMatchObject({ code: -32603, message: "Internal error" });
    expect(logs.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  const refused: [string, unknown, number, boolean][] = [
    [
      "something its definition does not let it ask",
      { jsonrpc: "2.0", id: "q", method: "sampling/createMessage", params: {} },
      -32601,
      true,
    ],
    ["something that no client answers", { jsonrpc: "2.0", id: "q", method: "tasks/get", params: {} }, -32601, true],
    ["with a key twice", '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"a","message":"b"}}', -32600, false],
    [
      "with keys that differ in case alone",
      '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"mode":"form","Mode":"url"}}',
      -32600,
      false,
    ],
    [
      "with a number that no double holds",
      '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"n":9007199254740993}}',
      -32600,
      false,
    ],
    ["with params that are no object", { jsonrpc: "2.0", id: "q", method: "elicitation/create", params: [] }, -32602, false],
    ["without params", { jsonrpc: "2.0", id: "q", method: "elicitation/create" }, -32602, false],
  ];
  it.each(refused)("%s is refused, and no client hears of it", async (_name, question, code, reported) => {
    const crm = await start(async (post) => {
      post.event(question);
      await crm.answerTo("q");
      post.finish(done);
    });
    const { upstream, asked } = harness();
    const { questions, over } = asking();
    expect(await told(upstream.connect(overHttp(crm.url, "session", { asks: ["elicitation"] })), over)).toBe("result");
    expect((await crm.answerTo("q")).error).toMatchObject({ code });
    expect(questions).toEqual([]);
    expect(asked).toHaveLength(reported ? 1 : 0);
  });

  it("with an id that is neither text nor number is refused without one", async () => {
    const crm = await start(async (post) => {
      post.event(elicit({ a: 1 }));
      await crm.answerTo(null);
      post.finish(done);
    });
    const { questions, over } = asking();
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session", asks)), over)).toBe("result");
    expect(questions).toEqual([]);
  });

  it("is refused where nobody can be asked", async () => {
    const crm = await start(async (post) => {
      post.event(elicit("q"));
      await crm.answerTo("q");
      post.finish(done);
    });
    const { upstream, asked } = harness();
    expect(await told(upstream.connect(overHttp(crm.url, "session", asks)))).toBe("result");
    expect((await crm.answerTo("q")).error).toMatchObject({ code: -32601 });
    expect(asked).toEqual([{ server: "crm", method: "elicitation/create" }]);
  });

  it("on the stream that belongs to no call is refused and reported", async () => {
    const crm = await start((post) => post.reply(done), { capabilities: { tools: { listChanged: true } } });
    const { upstream, asked } = harness();
    const { questions, over } = asking();
    expect(await told(upstream.connect(overHttp(crm.url, "session", asks)), over)).toBe("result");
    await crm.when(() => crm.streams.size === 1);
    crm.push(elicit("q"));
    expect((await crm.answerTo("q")).error).toMatchObject({ code: -32601 });
    expect(asked).toEqual([{ server: "crm", method: "elicitation/create" }]);
    expect(questions).toEqual([]);
  });

  it("may ask 16 times in one call, and is refused from then on", async () => {
    const crm = await start(async (post) => {
      for (let i = 0; i < 17; i++) {
        post.event(elicit(i));
        await crm.answerTo(i);
      }
      post.finish(done);
    });
    const { questions, over } = asking();
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session", asks)), over)).toBe("result");
    expect(questions).toHaveLength(16);
    expect((await crm.answerTo(16)).error).toMatchObject({ code: -32600 });
  });

  it("that asks without end instead of answering is refused", async () => {
    const crm = await start((post) => {
      for (let i = 0; i < 100; i++) post.event(elicit(i));
    });
    const { questions, over } = asking();
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session", asks)), over)).toBe("upstream.invalid_answer dispatched");
    expect(questions.length).toBeLessThanOrEqual(16);
  });

  it("and takes the question back gets no answer to it", async () => {
    const crm = await start(async (post) => {
      post.event(elicit("first"));
      await heard;
      post.event({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "first" } });
      post.event(elicit("second"));
      await crm.answerTo("second");
      post.finish(done);
    });
    const first = Promise.withResolvers<QuestionAnswer>();
    let tell: () => void = () => {};
    const heard = new Promise<void>((resolve) => {
      tell = resolve;
    });
    let asked = 0;
    const onQuestion = (): Promise<QuestionAnswer> => {
      tell();
      if (++asked === 1) return first.promise;
      first.resolve(accepted);
      return first.promise.then(() => accepted);
    };
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session", asks)), { onQuestion })).toBe("result");
    expect(crm.of(undefined).map(({ message }) => message.id)).toEqual(["second"]);
  });

  it("and answers the call before it has the answer to its question gets none any more", async () => {
    const crm = await start((post) => {
      post.event(elicit("q"));
      post.finish(done);
    });
    const late = Promise.withResolvers<QuestionAnswer>();
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(crm.url, "session", asks));
    expect(await told(connection, { onQuestion: () => late.promise })).toBe("result");
    late.resolve(accepted);
    await late.promise;
    // A second exchange with the server: what would have been sent was sent before it.
    await connection.call(call());
    expect(crm.of(undefined)).toEqual([]);
  });

  it("and whose call is given up gets no answer", async () => {
    const crm = await start((post) => post.event(elicit("q")));
    const late = Promise.withResolvers<QuestionAnswer>();
    const controller = new AbortController();
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(crm.url, "session", asks));
    const onQuestion = () => {
      controller.abort();
      return late.promise;
    };
    expect(await told(connection, { onQuestion, signal: controller.signal })).toBe("upstream.cancelled dispatched");
    late.resolve(accepted);
    await crm.when(() => crm.of("notifications/cancelled").length === 1);
    expect(crm.of(undefined)).toEqual([]);
  });

  it("answers with the credential of the call", async () => {
    const crm = await start(async (post) => {
      post.event(elicit("q"));
      await crm.answerTo("q");
      post.finish(done);
    });
    const { over } = asking();
    const credential = { authorization: "Bearer company" };
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session", asks)), { ...over, credential })).toBe("result");
    expect(crm.of(undefined)[0]?.headers.authorization).toBe("Bearer company");
  });
});

describe("a stateless server that asks like one with sessions", () => {
  it("is not answered, and no client hears of it", async () => {
    const crm = await start(
      (post) => {
        post.event(elicit("q"));
        post.finish({ resultType: "complete", content: [] });
      },
      { era: "stateless" },
    );
    const { upstream, asked } = harness();
    const { questions, over } = asking();
    expect(await told(upstream.connect(overHttp(crm.url, "stateless", asks)), over)).toBe("result");
    expect(questions).toEqual([]);
    expect(asked).toEqual([{ server: "crm", method: "elicitation/create" }]);
    expect(crm.of(undefined)).toEqual([]);
  });
});
