import { describe, expect, it } from "vitest";
import type { Question } from "../../../src/core/question.ts";
import { everythingEntry, startEverything, startSdkServer } from "../../support/servers/index.ts";
import { call, closing, definition, harness, overHttp } from "./harness.ts";

describe("real servers", () => {
  it("server-everything over stdio works, and sees no environment at all", async () => {
    const { upstream } = harness({ places: { everything: { executable: "node", paths: { entry: everythingEntry } } } });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the argv template of a bundle is written this way
    const connection = upstream.connect(definition({ kind: "stdio", place: "everything", argv: ["${paths.entry}", "stdio"], era: "auto" }));
    const listing = await connection.listing();
    expect(listing).toMatchObject({ ok: true, value: { era: "session", protocolVersion: "2025-11-25" } });
    const reply = await connection.call(call({ tool: "get-env", argsText: "{}" }));
    expect(reply).toMatchObject({ ok: true, value: { outcome: { result: { content: [{ type: "text", text: "{}" }] } } } });
  });

  it("server-everything over streamable HTTP works, with progress", async () => {
    const everything = closing(await startEverything());
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(everything.url));
    const listing = await connection.listing();
    expect(listing).toMatchObject({ ok: true, value: { era: "session" } });
    expect(await connection.call(call({ tool: "get-sum", argsText: '{"a":2,"b":40}' }))).toMatchObject({
      ok: true,
      value: { outcome: { kind: "result", result: { content: [{ text: expect.stringContaining("42") }] } } },
    });
    const steps: number[] = [];
    const reply = await connection.call(
      call({
        tool: "trigger-long-running-operation",
        argsText: '{"duration":0.05,"steps":3}',
        onProgress: ({ progress }) => steps.push(progress),
      }),
    );
    expect(reply.ok).toBe(true);
    expect(steps).toEqual([1, 2, 3]);
  });

  it("server-everything offers prompts, resources and templates, and answers for them", async () => {
    const everything = closing(await startEverything());
    const connection = harness().upstream.connect(overHttp(everything.url));
    const listing = await connection.listing();
    if (!listing.ok) throw new Error(listing.error.detail);
    const { prompts, resources, templates, offers } = listing.value;
    expect(offers).toMatchObject({ completions: true, logging: true, subscriptions: true });
    expect(prompts.has("simple-prompt")).toBe(true);
    expect(templates.size).toBeGreaterThan(0);
    const [uri] = resources.keys();
    const prompt = await connection.call(
      call({ ask: { method: "prompts/get", paramsText: '"name":"simple-prompt"', name: "simple-prompt" } }),
    );
    expect(prompt).toMatchObject({ ok: true, value: { outcome: { kind: "result", result: { messages: expect.any(Array) } } } });
    const paramsText = `"uri":${JSON.stringify(uri)}`;
    const read = await connection.call(call({ ask: { method: "resources/read", paramsText, name: uri ?? "" } }));
    expect(read).toMatchObject({ ok: true, value: { outcome: { kind: "result", result: { contents: [{ uri }] } } } });
  });

  it.each(["http", "stdio"])("server-everything over %s asks for a model's answer in the middle of a call, and gets it", async (kind) => {
    const { upstream, when } = harness({ places: { everything: { executable: "node", paths: { entry: everythingEntry } } } });
    const asks = { asks: ["elicitation", "sampling"] } as const;
    const server =
      kind === "http"
        ? overHttp(closing(await startEverything()).url, "session", asks)
        : // biome-ignore lint/suspicious/noTemplateCurlyInString: the argv template of a bundle is written this way
          definition({ kind: "stdio", place: "everything", argv: ["${paths.entry}", "stdio"], era: "session" }, asks);
    const connection = upstream.connect(server);
    await connection.listing();
    // It offers the tool only to clients that can be asked, a moment after it was opened.
    await when(() => connection.current()?.tools.has("trigger-sampling-request") === true);
    const questions: Question[] = [];
    const reply = await connection.call(
      call({
        tool: "trigger-sampling-request",
        argsText: '{"prompt":"Why?","maxTokens":7}',
        onQuestion: (question) => {
          questions.push(question);
          const content = { type: "text", text: "Because of the gate." };
          return Promise.resolve({ kind: "result", result: { role: "assistant", model: "none", content } });
        },
      }),
    );
    expect(questions).toMatchObject([{ method: "sampling/createMessage", params: { maxTokens: 7 } }]);
    expect(reply).toMatchObject({
      ok: true,
      value: { outcome: { result: { content: [{ text: expect.stringContaining("Because of the gate.") }] } } },
    });
  });

  it("server-everything that started anew on the same address is initialized again", async () => {
    const everything = closing(await startEverything());
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(everything.url));
    await connection.listing();
    await everything.restart();
    const reply = await connection.call(call({ tool: "echo", argsText: '{"message":"still here"}' }));
    expect(reply).toMatchObject({ ok: true, value: { outcome: { kind: "result" } } });
  });

  it("a server on the official SDK of the stateless era works, header mirroring included", async () => {
    const sdk = closing(await startSdkServer());
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(sdk.url));
    const listing = await connection.listing();
    expect(listing).toMatchObject({ ok: true, value: { era: "stateless", protocolVersion: "2026-07-28" } });
    expect(await connection.call(call({ tool: "add", argsText: '{"a":2,"b":40}' }))).toMatchObject({
      ok: true,
      value: { era: "stateless", outcome: { kind: "result", result: { content: [{ type: "text", text: "42" }], resultType: "complete" } } },
    });
    expect(await connection.call(call({ tool: "nothing", argsText: "{}" }))).toMatchObject({
      ok: true,
      value: { outcome: { kind: "error" } },
    });
  });

  it("a server on the official SDK tells over a subscription that its tools changed", async () => {
    const sdk = closing(await startSdkServer());
    const { upstream, when, changed } = harness();
    const connection = upstream.connect(overHttp(sdk.url));
    await connection.listing();
    await sdk.subscribed;
    sdk.addTool();
    await when(() => changed.length === 2);
    expect([...(connection.current()?.tools.keys() ?? [])]).toEqual(["add", "later"]);
  });
});
