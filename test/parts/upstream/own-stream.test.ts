import { describe, expect, it } from "vitest";
import type { Question } from "../../../src/core/question.ts";
import { nameQuestion, startRecordingServer } from "../../support/servers/index.ts";
import { call, closing, harness, overHttp } from "./harness.ts";

// Questions on the stream on which a server with sessions speaks unasked: they name no call.

const question = { jsonrpc: "2.0", id: "q", ...nameQuestion };

/** A server whose calls last until `release`, with its own stream open. */
async function talking() {
  const held = Promise.withResolvers<void>();
  const crm = closing(await startRecordingServer({ listChanged: false, answers: { echo: { kind: "held", until: held.promise } } }));
  const { upstream, asked } = harness();
  const connection = upstream.connect(overHttp(crm.url, "session", { asks: ["elicitation"] }));
  await connection.listing();
  await crm.when(() => crm.streams.size > 0);
  const questions: Question[] = [];
  const begin = async () => {
    const before = crm.calls.length;
    const answered = connection.call(
      call({
        onQuestion: async (one) => {
          questions.push(one);
          return { kind: "result", result: { action: "decline" } };
        },
      }),
    );
    await crm.when(() => crm.calls.length > before);
    return answered;
  };
  const answerOf = async (id: string) => {
    const found = () => crm.received.find(({ message }) => message.id === id && message.method === undefined)?.message;
    await crm.when(() => found() !== undefined);
    return found();
  };
  return { crm, asked, questions, begin, answerOf, release: held.resolve };
}

describe("a question on a server's own stream", () => {
  it("belongs to the only call there is", async () => {
    const { crm, questions, begin, answerOf, release } = await talking();
    const answered = begin();
    await crm.when(() => crm.calls.length === 1);
    crm.push(question);
    expect(await answerOf("q")).toMatchObject({ result: { action: "decline" } });
    expect(questions).toEqual([nameQuestion]);
    release();
    expect((await answered).ok).toBe(true);
  });

  it("belongs to nobody while two calls are under way, so that no caller is asked what another's call needs", async () => {
    const { crm, asked, questions, begin, answerOf, release } = await talking();
    const both = [begin(), begin()];
    await crm.when(() => crm.calls.length === 2);
    crm.push(question);
    expect(await answerOf("q")).toMatchObject({ error: { code: -32601 } });
    expect(questions).toEqual([]);
    expect(asked).toMatchObject([{ method: "elicitation/create" }]);
    release();
    await Promise.all(both);
  });

  it("belongs to nobody without a call", async () => {
    const { crm, asked, answerOf, release } = await talking();
    crm.push(question);
    expect(await answerOf("q")).toMatchObject({ error: { code: -32601 } });
    expect(asked).toMatchObject([{ method: "elicitation/create" }]);
    release();
  });
});
