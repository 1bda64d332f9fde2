import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ServerDefinition } from "../../../src/core/server.ts";
import type { ServerConnection } from "../../../src/parts/upstream/index.ts";
import { call, definition, type Harness, harness, told } from "./harness.ts";

interface Seen {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number };
  readonly result?: unknown;
}

const asks = { asks: ["elicitation"] } as const;

function start(
  era: "session" | "stateless" | "old" = "session",
  over: Partial<ServerDefinition> = {},
  config: Record<string, unknown> = {},
) {
  const paths = { process: join(import.meta.dirname, "raw-stdio-process.ts") };
  const run: Harness = harness({ places: { process: { executable: "node", paths } }, ...config });
  const args = era === "old" ? ["session", "old"] : [era];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the argv template of a bundle is written this way
  const argv = ["${paths.process}", ...args];
  const connection = run.upstream.connect(definition({ kind: "stdio", place: "process", argv, era: "auto" }, over));
  return { ...run, connection };
}

async function result(connection: ServerConnection, tool: string, args: object = {}) {
  const reply = await connection.call(call({ tool, argsText: JSON.stringify(args) }));
  return reply.ok && reply.value.outcome.kind === "result" ? reply.value.outcome.result : undefined;
}

async function seen(connection: ServerConnection): Promise<readonly Seen[]> {
  return (await result(connection, "seen"))?.received as readonly Seen[];
}

const onQuestion = () => Promise.resolve({ kind: "result", result: { action: "accept" } } as const);

describe("a server over stdio", () => {
  it("that asks during the only call is answered by its client", async () => {
    const { connection, asked } = start("session", asks);
    const reply = await connection.call(call({ tool: "ask", onQuestion }));
    expect(reply).toMatchObject({ ok: true, value: { outcome: { result: { answer: { id: "q", result: { action: "accept" } } } } } });
    expect(asked).toEqual([]);
  });

  it("that asks during one of two calls is refused, because nothing says whose question it is", async () => {
    const { connection, asked } = start("session", asks);
    await connection.listing();
    const other = connection.call(call({ tool: "hold", onQuestion: () => Promise.reject(new Error("not this one")) }));
    const reply = await connection.call(call({ tool: "ask", onQuestion: () => Promise.reject(new Error("nor this")) }));
    expect(reply).toMatchObject({ ok: true, value: { outcome: { result: { answer: { error: { code: -32601 } } } } } });
    expect(asked).toEqual([{ server: "crm", method: "elicitation/create" }]);
    await result(connection, "release");
    expect((await other).ok).toBe(true);
  });

  it("that may still ask for a call that was given up is refused for a while", async () => {
    const { connection, clock, asked } = start("session", asks);
    await connection.listing();
    expect(await told(connection, { tool: "hold", timeoutMs: 40 })).toBe("upstream.timeout dispatched");
    const refused = await connection.call(call({ tool: "ask", onQuestion }));
    expect(refused).toMatchObject({ ok: true, value: { outcome: { result: { answer: { error: { code: -32601 } } } } } });
    expect(asked).toHaveLength(1);
    clock.advance(60_000);
    const answered = await connection.call(call({ tool: "ask", onQuestion }));
    expect(answered).toMatchObject({ ok: true, value: { outcome: { result: { answer: { result: { action: "accept" } } } } } });
  });

  it("has log messages that belong to nobody, and is not asked for any", async () => {
    const { connection } = start();
    const logs: unknown[] = [];
    expect(await told(connection, { tool: "log", onLog: (log) => logs.push(log) })).toBe("result");
    expect(logs).toEqual([]);
    expect((await seen(connection)).map(({ method }) => method)).not.toContain("logging/setLevel");
  });

  it("that answers twice is believed the first time", async () => {
    const { connection } = start();
    expect(await result(connection, "twice")).toEqual({ content: ["first"] });
    expect(await told(connection)).toBe("result");
  });

  it("that writes a line of 100 MB is refused, and the next call works", async () => {
    const { connection } = start("session", { maxResultBytes: 100_000 }, { list_max_bytes: 200_000 });
    expect(await told(connection, { tool: "flood", argsText: '{"megabytes":100}', timeoutMs: 60_000 })).toBe(
      "upstream.too_large dispatched",
    );
    expect(await told(connection)).toBe("result");
  });

  it("tells its watchers of a resource that changed, by exactly its URI", async () => {
    const { connection } = start();
    await connection.listing();
    const heard: string[] = [];
    const stop = connection.watch("a:b", () => heard.push("a:b"));
    connection.watch("a:B", () => heard.push("a:B"));
    await result(connection, "update", { uri: "a:b" });
    expect(heard).toEqual(["a:b"]);
    stop();
    await result(connection, "update", { uri: "a:b" });
    expect(heard).toEqual(["a:b"]);
    const isSubscription = ({ method }: Seen) => method === "resources/subscribe" || method === "resources/unsubscribe";
    let subscriptions: readonly Seen[] = [];
    // One request follows the other, so the last may still be on its way.
    while (subscriptions.length < 3) subscriptions = (await seen(connection)).filter(isSubscription);
    expect(subscriptions.map(({ method, params }) => `${method} ${String(params?.uri)}`).sort()).toEqual([
      "resources/subscribe a:B",
      "resources/subscribe a:b",
      "resources/unsubscribe a:b",
    ]);
  });

  it("is subscribed to again after its process ended", async () => {
    const { connection, later, when } = start("session", {}, { stdio: { restart_base_ms: 100 } });
    await connection.listing();
    connection.watch("a:b", () => {});
    await told(connection, { tool: "end" });
    await when(() => later.length > 0);
    later.splice(0)[0]?.run();
    await connection.listing();
    const methods = (await seen(connection)).map(({ method }) => method);
    expect(methods).toContain("resources/subscribe");
  });

  it("of the stateless era hears what is watched in one subscription that replaces the one before", async () => {
    const { connection } = start("stateless");
    await connection.listing();
    connection.watch("a:1", () => {});
    connection.watch("a:2", () => {});
    // Whatever was put off to the next microtask is done by then.
    await Promise.resolve();
    const messages = (await seen(connection)).filter(
      ({ method }) => method === "subscriptions/listen" || method === "notifications/cancelled",
    );
    expect(messages.map(({ method, params }) => [method, params?.notifications ?? params?.requestId])).toEqual([
      ["subscriptions/listen", { toolsListChanged: true }],
      ["subscriptions/listen", { toolsListChanged: true, resourceSubscriptions: ["a:1", "a:2"] }],
      ["notifications/cancelled", messages[0]?.id],
    ]);
  });

  it("that says nothing before initialize is initialized all the same, in its own process", async () => {
    const { connection } = start("old", {}, { handshake_timeout_ms: 500 });
    const listing = await connection.listing();
    expect(listing).toMatchObject({ ok: true, value: { era: "session" } });
    expect((await seen(connection)).map(({ method }) => method).slice(0, 4)).toEqual([
      "server/discover",
      "notifications/cancelled",
      "initialize",
      "notifications/initialized",
    ]);
  });
});
