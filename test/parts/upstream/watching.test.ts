import { describe, expect, it } from "vitest";
import { Watching } from "../../../src/parts/upstream/watching.ts";
import type { Wire } from "../../../src/parts/upstream/wire.ts";
import { closing, harness, overHttp, told } from "./harness.ts";
import { type Post, type RawOptions, type RawServer, startRaw } from "./raw-server.ts";

const subscribing = { tools: {}, resources: { subscribe: true } };
const updated = (uri: unknown) => ({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });

async function start(options: RawOptions = {}) {
  return closing(await startRaw({ capabilities: subscribing, ...options }));
}

describe("watching a resource of a server with sessions", () => {
  const accept = { "resources/subscribe": (post: Post) => post.reply({}), "resources/unsubscribe": (post: Post) => post.reply({}) };
  const subscribed = (crm: RawServer) => crm.of("resources/subscribe").map(({ message }) => message.params?.uri);
  const unsubscribed = (crm: RawServer) => crm.of("resources/unsubscribe").map(({ message }) => message.params?.uri);

  it("takes one subscription for all watchers, and gives it back after the last", async () => {
    const crm = await start({ on: accept });
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    const heard: number[] = [];
    const first = connection.watch("a:b", () => heard.push(1));
    const second = connection.watch("a:b", () => heard.push(2));
    await crm.when(() => subscribed(crm).length === 1 && crm.streams.size === 1);
    crm.push(updated("a:b"));
    crm.push(updated("a:c"));
    crm.push(updated(7));
    first();
    first();
    second();
    await crm.when(() => unsubscribed(crm).length === 1);
    expect(subscribed(crm)).toEqual(["a:b"]);
    expect(unsubscribed(crm)).toEqual(["a:b"]);
  });

  it("tells each watcher of its own URI alone, to the letter", async () => {
    const crm = await start({ on: accept });
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    const { promise, resolve } = Promise.withResolvers<void>();
    const heard: string[] = [];
    connection.watch("file:///A", () => heard.push("other"));
    connection.watch("file:///a", () => heard.push("one"));
    connection.watch("file:///a", () => {
      heard.push("two");
      resolve();
    });
    await crm.when(() => subscribed(crm).length === 2 && crm.streams.size === 1);
    crm.push(updated("file:///a"));
    await promise;
    expect(heard).toEqual(["one", "two"]);
  });

  it("opens the server by itself", async () => {
    const crm = await start({ on: accept });
    harness()
      .upstream.connect(overHttp(crm.url, "session"))
      .watch("a:b", () => {});
    await crm.when(() => subscribed(crm).length === 1);
  });

  it("is taken again after the session was lost", async () => {
    let session = 0;
    const lost = (post: Post) =>
      post.headers["mcp-session-id"] === "s1" ? post.response.writeHead(404).end() : post.reply({ content: [] });
    const crm = await start({ on: { ...accept, "tools/call": lost }, sessionId: () => `s${++session}` });
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    connection.watch("a:b", () => {});
    await crm.when(() => subscribed(crm).length === 1);
    expect(await told(connection)).toBe("result");
    await crm.when(() => subscribed(crm).length === 2);
    expect(crm.of("resources/subscribe").map(({ headers }) => headers["mcp-session-id"])).toEqual(["s1", "s2"]);
  });

  it("is tried again later where the server cannot be reached, and not where it refuses", async () => {
    let answers = 0;
    const flaky = (post: Post) => (++answers === 1 ? post.response.destroy() : post.fail(-32602));
    const crm = await start({ on: { "resources/subscribe": flaky } });
    const { upstream, later, when } = harness();
    const connection = upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    connection.watch("a:b", () => {});
    await when(() => later.some(({ ms }) => ms === 1_000));
    later.splice(0)[0]?.run();
    await crm.when(() => answers === 2);
    connection.watch("a:c", () => {});
    await crm.when(() => answers === 3);
    expect(subscribed(crm)).toEqual(["a:b", "a:b", "a:c"]);
  });

  it("is nothing where the server has no subscriptions", async () => {
    const crm = await start({ capabilities: { tools: {}, resources: {} } });
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    const stop = connection.watch("a:b", () => {});
    await told(connection);
    stop();
    await told(connection);
    expect(subscribed(crm)).toEqual([]);
    expect(crm.streams.size).toBe(0);
  });

  it("ends with the connection", async () => {
    const crm = await start({ on: accept });
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(crm.url, "session"));
    await connection.listing();
    connection.watch("a:b", () => {});
    await crm.when(() => crm.streams.size === 1);
    await upstream.close();
    await crm.when(() => crm.streams.size === 0);
    connection.watch("a:c", () => {})();
  });
});

describe("watching a resource of a stateless server", () => {
  const capabilities = { tools: { listChanged: true }, prompts: { listChanged: true }, resources: { subscribe: true, listChanged: true } };
  const acknowledge = (post: Post) => post.event({ jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params: {} });
  const listens = (crm: RawServer) => crm.of("subscriptions/listen");
  const filters = (crm: RawServer) => listens(crm).map(({ message }) => message.params?.notifications);
  const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

  it("asks for it on the stream that tells of the lists, which takes over without a gap", async () => {
    const crm = await start({ era: "stateless", capabilities, on: { "subscriptions/listen": acknowledge } });
    const connection = harness().upstream.connect(overHttp(crm.url, "stateless"));
    await connection.listing();
    const { promise, resolve } = Promise.withResolvers<void>();
    connection.watch("a:1", resolve);
    const stop = connection.watch("a:2", () => {});
    await crm.when(() => listens(crm).length === 2 && listens(crm)[0]?.response.destroyed === true);
    expect(listens(crm)[1]?.response.destroyed).toBe(false);
    listens(crm)[1]?.event(updated("a:1"));
    await promise;
    stop();
    await crm.when(() => listens(crm).length === 3);
    expect(filters(crm)).toEqual([all, { ...all, resourceSubscriptions: ["a:1", "a:2"] }, { ...all, resourceSubscriptions: ["a:1"] }]);
    expect(new Set(listens(crm).map(({ message }) => message.id)).size).toBe(3);
  });

  it("opens one stream at a time, however much changes meanwhile", async () => {
    const crm = await start({ era: "stateless", capabilities: subscribing, on: { "subscriptions/listen": () => {} } });
    const connection = harness().upstream.connect(overHttp(crm.url, "stateless"));
    await connection.listing();
    connection.watch("a:0", () => {});
    await crm.when(() => listens(crm).length === 1);
    for (let i = 1; i < 50; i++) {
      connection.watch(`a:${i}`, () => {});
      await Promise.resolve();
    }
    expect(listens(crm)).toHaveLength(1);
    for (const post of listens(crm)) acknowledge(post);
    await crm.when(() => listens(crm).length === 2);
    expect((filters(crm)[1] as { resourceSubscriptions: string[] }).resourceSubscriptions).toHaveLength(50);
  });

  it("that never lets a stream stand is asked again after a while", async () => {
    const crm = await start({ era: "stateless", capabilities: subscribing, on: { "subscriptions/listen": () => {} } });
    const { upstream, later, when } = harness();
    const connection = upstream.connect(overHttp(crm.url, "stateless"));
    await connection.listing();
    connection.watch("a:0", () => {});
    await when(() => later.some(({ ms }) => ms === 5_000));
    connection.watch("a:1", () => {});
    await crm.when(() => listens(crm).length === 1);
    later.splice(0)[0]?.run();
    await crm.when(() => listens(crm).length === 2);
  });

  it("closes the stream when nothing is to be heard any more", async () => {
    const crm = await start({ era: "stateless", capabilities: subscribing, on: { "subscriptions/listen": acknowledge } });
    const connection = harness().upstream.connect(overHttp(crm.url, "stateless"));
    await connection.listing();
    expect(listens(crm)).toEqual([]);
    const stop = connection.watch("a:0", () => {});
    await crm.when(() => listens(crm).length === 1);
    stop();
    await crm.when(() => listens(crm)[0]?.response.destroyed === true);
    expect(listens(crm)).toHaveLength(1);
  });
});

describe("a server that tells of one resource without end", () => {
  it("is heard once at once and once later, so that no log fills up with its news", () => {
    const later: (() => void)[] = [];
    const schedule = (run: () => void) => {
      later.push(run);
      return () => {};
    };
    const link = () => undefined;
    const nothing = () => {};
    const wire = { kind: "http", request: nothing, hold: nothing, notify: nothing, listen: nothing, close: nothing } as unknown as Wire;
    const options = { wire, asks: false, nextId: () => 1, meta: "", link, credential: () => ({}), open: nothing, onLost: nothing };
    const watching = new Watching({ ...options, schedule });
    const heard: string[] = [];
    watching.watch("a:b", () => heard.push("b"));
    watching.watch("a:c", () => heard.push("c"));
    for (let times = 0; times < 1000; times++) for (const uri of ["a:b", "a:c", "a:nobody"]) watching.updated(uri);
    expect(heard).toEqual(["b", "c"]);
    for (const run of later.splice(0)) run();
    expect(heard).toEqual(["b", "c", "b", "c"]);
    for (const run of later.splice(0)) run();
    expect(heard).toHaveLength(4);
    expect(later).toEqual([]);
    watching.updated("a:b");
    expect(heard).toHaveLength(5);
  });
});
