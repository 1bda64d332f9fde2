import { expect, it } from "vitest";
import type { Question, QuestionAnswer } from "../../../src/core/question.ts";
import { ServerConversation, type ToSend } from "../../../src/gateway/conversation/index.ts";
import type { Progress, UpstreamCall } from "../../../src/parts/upstream/index.ts";
import { asking, form, result } from "./scripted-gateway.ts";

const request = {
  ask: { method: "tools/call", tool: "t", argsText: undefined },
  timeoutMs: 1,
  credential: {},
  decisionId: "dec_1",
} as ToSend;
type Sent = ReturnType<typeof result>;

/** A connection whose server is played by the test. */
function played(play: (call: UpstreamCall, number: number) => Promise<Sent> | Sent) {
  const calls: UpstreamCall[] = [];
  const connection = {
    call: async (call: UpstreamCall) => {
      calls.push(call);
      return await play(call, calls.length);
    },
  };
  const signal = new AbortController().signal;
  const progress: Progress[] = [];
  const conversation = new ServerConversation({ connection, request, listener: { signal, onProgress: (news) => progress.push(news) } });
  return { calls, progress, conversation };
}

it("sends nothing before it is listened to", async () => {
  const { calls, conversation } = played(() => result());
  expect(calls).toEqual([]);
  expect((await conversation.next()).kind).toBe("reply");
  expect(calls).toHaveLength(1);
});

it("answers a server itself that asks too many things at once", async () => {
  let answers: (QuestionAnswer | undefined)[] = [];
  const { conversation } = played(async (call) => {
    answers = await Promise.all(Array.from({ length: 18 }, () => call.onQuestion?.(form() as Question)));
    return result();
  });
  const turn = await conversation.next();
  if (turn.kind !== "questions") throw new Error(turn.kind);
  expect(turn.questions.size).toBe(16);
  for (const key of turn.questions.keys()) conversation.answer(key, { kind: "result", result: {} });
  expect((await conversation.next()).kind).toBe("reply");
  expect(answers.filter((answer) => answer?.kind === "error")).toHaveLength(2);
});

it("tells each question once, and takes no answer to anything else", async () => {
  const { conversation } = played(async (call) => {
    await call.onQuestion?.(form("first") as Question);
    await call.onQuestion?.(form("second") as Question);
    return result();
  });
  const first = await conversation.next();
  expect(first.kind === "questions" && [...first.questions.keys()]).toEqual(["q1"]);
  conversation.answer("q9", { kind: "result", result: {} });
  conversation.answer("q1", { kind: "result", result: {} });
  conversation.answer("q1", { kind: "result", result: { twice: true } });
  const second = await conversation.next();
  expect(second.kind === "questions" && [...second.questions.keys()]).toEqual(["q2"]);
});

it("waits for every answer before it sends the request again", async () => {
  const { calls, conversation } = played((_, number) => (number === 1 ? asking({ a: form(), b: form() }, "s") : result()));
  await conversation.next();
  conversation.answer("a", { kind: "result", result: { action: "decline" } });
  const next = conversation.next();
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toHaveLength(1);
  conversation.answer("b", { kind: "result", result: { action: "cancel" } });
  expect((await next).kind).toBe("reply");
  expect(calls[1]?.resumed).toEqual({ inputResponses: { a: { action: "decline" }, b: { action: "cancel" } }, requestState: "s" });
});

it("tells progress to whoever listens, and to nobody while nobody does", async () => {
  let call: UpstreamCall | undefined;
  const { promise, resolve } = Promise.withResolvers<Sent>();
  const { progress, conversation } = played((sent) => {
    call = sent;
    return promise;
  });
  const next = conversation.next();
  call?.onProgress?.({ progress: 1 });
  conversation.follow(undefined);
  call?.onProgress?.({ progress: 2 });
  const later: Progress[] = [];
  conversation.follow({ signal: new AbortController().signal, onProgress: (news) => later.push(news) });
  call?.onProgress?.({ progress: 3 });
  expect([progress, later]).toEqual([[{ progress: 1 }], [{ progress: 3 }]]);
  resolve(result());
  await next;
});

it("ends with the request that it follows, and with no other", async () => {
  const { calls, conversation } = played(() => new Promise<Sent>(() => {}));
  const [first, second] = [new AbortController(), new AbortController()];
  void conversation.next();
  conversation.follow({ signal: first.signal });
  conversation.follow({ signal: second.signal });
  first.abort();
  expect(calls[0]?.signal?.aborted).toBe(false);
  second.abort();
  expect(calls[0]?.signal?.aborted).toBe(true);
});

it("throws a bug of the connection to whoever waits", async () => {
  const { conversation } = played(() => {
    throw new Error("a bug");
  });
  await expect(conversation.next()).rejects.toThrow("a bug");
});

it("answers what a server asks after it was given up", async () => {
  let call: UpstreamCall | undefined;
  const { conversation } = played((sent) => {
    call = sent;
    return new Promise<Sent>(() => {});
  });
  void conversation.next();
  conversation.abandon();
  expect(await call?.onQuestion?.(form() as Question)).toMatchObject({ kind: "error" });
  expect(call?.signal?.aborted).toBe(true);
});
