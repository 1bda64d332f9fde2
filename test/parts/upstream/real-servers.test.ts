import { describe, expect, it } from "vitest";
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
