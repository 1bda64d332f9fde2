import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type EventReader, openEvents } from "../support/event-reader.ts";
import { type Gate, plainHeaders, startGate } from "../support/gate.ts";
import { type Replicas, redisFound, startReplicas, to } from "../support/replicas.ts";
import type { Behaviour } from "../support/servers/index.ts";
import { wholeCompany, wholeServers } from "./whole-company.ts";

// A server says that what a person was sent to an address for is done: only the session that was sent there hears of it.

const complete = (elicitationId: string) => ({ jsonrpc: "2.0", method: "notifications/elicitation/complete", params: { elicitationId } });
const address = (elicitationId: string) => ({ mode: "url", message: "Open this.", url: "https://crm.example/a", elicitationId });
const asks = (id: string): Behaviour => ({ kind: "ask", questions: { open: { method: "elicitation/create", params: address(id) } } });
const requires = (...ids: string[]): Behaviour => ({
  kind: "error",
  code: -32042,
  message: "More is needed.",
  data: { elicitations: ids.map(address) },
});
const capabilities = { elicitation: { form: {}, url: {} } };
const done = (id: string) => (event: { readonly message?: unknown }) => JSON.stringify(event.message) === JSON.stringify(complete(id));

interface Site {
  readonly url: string;
  readonly gate: Gate;
}

/** A session at the door `desk`, with the headers of its requests. */
async function session({ gate, url }: Site, user = "ann", headers: Readonly<Record<string, string>> = {}) {
  const token = await gate.token({ user });
  const params = { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "test", version: "1" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: "init", method: "initialize", params });
  const opened = await openEvents(url, "POST", { ...plainHeaders(token), ...headers }, body);
  await opened.ended;
  return { ...plainHeaders(token), "mcp-session-id": String(opened.headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
}

type Headers = Readonly<Record<string, string | undefined>>;

async function news({ url }: Site, headers: Headers): Promise<EventReader> {
  const stream = await openEvents(url, "GET", { ...headers, accept: "text/event-stream" });
  expect(stream.status).toBe(200);
  return stream;
}

function call({ url }: Site, headers: Headers): Promise<EventReader> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 5, method: "tools/call", params: { name: "echo", arguments: {} } });
  return openEvents(url, "POST", { ...headers, accept: "application/json, text/event-stream" }, body);
}

async function ended(reader: Promise<EventReader>): Promise<EventReader> {
  const stream = await reader;
  await stream.ended;
  return stream;
}

async function answer({ url }: Site, headers: Headers, id: unknown): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id, result: { action: "accept" } });
  expect((await openEvents(url, "POST", headers, body)).status).toBe(202);
}

/** Everybody has heard what was told before: the list of tools changes for all of them. */
async function marked({ gate }: Site, ...streams: readonly EventReader[]): Promise<void> {
  marks += 1;
  gate.servers.desk?.setItems({ prompts: [{ name: "greet", description: `mark ${marks}` }] });
  await Promise.all(streams.map((stream) => stream.when(({ message }) => message?.method === "notifications/prompts/list_changed")));
}
let marks = 0;

const heard = (stream: EventReader) => stream.events.filter(({ message }) => message?.method === "notifications/elicitation/complete");

describe("that an elicitation is done", () => {
  let gate: Gate;
  let site: Site;
  const open: EventReader[] = [];
  const kept = (stream: EventReader) => {
    open.push(stream);
    return stream;
  };
  beforeAll(async () => {
    gate = await startGate({ company: wholeCompany, servers: wholeServers });
    site = { gate, url: `${gate.url}/servers/desk/mcp` };
    await gate.call("echo", {}, { token: await gate.token(), door: "desk" });
    await gate.servers.desk?.when(() => (gate.servers.desk?.streams.size ?? 0) > 0);
  });
  afterEach(() => {
    for (const stream of open.splice(0)) stream.drop();
  });
  afterAll(() => gate.stop());

  test("is heard once on the stream of the call, while that is open", async () => {
    const headers = await session(site);
    const own = kept(await news(site, headers));
    gate.servers.desk?.answer("echo", asks("e-call"));
    const stream = kept(await call(site, headers));
    const question = await stream.when(({ message }) => message?.method === "elicitation/create");
    expect(question.message?.params).toMatchObject({ mode: "url", elicitationId: "e-call" });
    gate.servers.desk?.push(complete("e-other"));
    gate.servers.desk?.push(complete("e-call"));
    gate.servers.desk?.push(complete("e-call"));
    await stream.when(done("e-call"));
    await answer(site, headers, question.message?.id);
    await stream.ended;
    expect(heard(stream)).toHaveLength(1);
    await marked(site, own);
    expect(heard(own)).toEqual([]);
  });

  test("is heard on the session's own stream, once the call is over", async () => {
    const headers = await session(site);
    const own = kept(await news(site, headers));
    gate.servers.desk?.answer("echo", asks("e-late"));
    const stream = await call(site, headers);
    const question = await stream.when(({ message }) => message?.method === "elicitation/create");
    await answer(site, headers, question.message?.id);
    await stream.ended;
    gate.servers.desk?.push(complete("e-late"));
    await own.when(done("e-late"));
  });

  test("is heard for each address of an error that asks for them", async () => {
    const headers = await session(site);
    const own = kept(await news(site, headers));
    gate.servers.desk?.answer("echo", requires("e-one", "e-two"));
    // The request is made again, and asks for the same again: that is one elicitation still.
    for (let n = 0; n < 2; n++) expect((await ended(call(site, headers))).status).toBe(200);
    gate.servers.desk?.push(complete("e-two"));
    gate.servers.desk?.push(complete("e-one"));
    gate.servers.desk?.push(complete("e-one"));
    await own.when(done("e-one"));
    await marked(site, own);
    expect(heard(own).map(({ message }) => message?.params?.elicitationId)).toEqual(["e-two", "e-one"]);
  });

  test("is never heard by anybody else: another principal guesses the id and hears nothing", async () => {
    const [ann, eve, other] = [await session(site), await session(site, "eve"), await session(site)];
    const streams = [await news(site, ann), await news(site, eve), await news(site, other)].map(kept);
    const [anns, eves, others] = streams;
    gate.servers.desk?.answer("echo", requires("e-guess"));
    await ended(call(site, ann));
    // Saying it oneself changes nothing, for whoever says it.
    for (const headers of [eve, ann]) {
      const said = await openEvents(site.url, "POST", headers, JSON.stringify(complete("e-guess")));
      expect(said.status).toBe(202);
    }
    gate.servers.desk?.push(complete("e-guess"));
    await anns?.when(done("e-guess"));
    await marked(site, ...streams);
    expect([anns, eves, others].map((stream) => stream && heard(stream).length)).toEqual([1, 0, 0]);
    expect(JSON.stringify(gate.servers.desk?.received.map(({ message }) => message.method))).not.toContain("elicitation/complete");
  });

  test("is not heard of a question that nobody was shown, because it was malformed or could not be answered", async () => {
    const headers = await session(site);
    const own = kept(await news(site, headers));
    gate.servers.desk?.answer("echo", {
      kind: "error",
      code: -32042,
      message: "More is needed.",
      data: { elicitations: [address("e-good"), { ...address("e-bad"), url: "javascript:alert(1)" }] },
    });
    await ended(call(site, headers));
    gate.servers.desk?.push(complete("e-bad"));
    gate.servers.desk?.push(complete("e-good"));
    await marked(site, own);
    expect(heard(own)).toEqual([]);
  });
});

const why = redisFound.kind === "missing" ? ` (left out: ${redisFound.reason})` : "";

describe.skipIf(redisFound.kind === "missing")(`with two replicas${why}, that an elicitation is done`, () => {
  let replicas: Replicas;
  beforeAll(async () => {
    replicas = await startReplicas({ company: wholeCompany, servers: wholeServers });
  });
  afterAll(() => replicas?.stop());

  test("is heard on the session's own stream at the other replica", async () => {
    const { gate } = replicas;
    const site = { gate, url: `${replicas.url}/servers/desk/mcp` };
    const headers = await session(site, "ann", at(0));
    const own = await news(site, { ...headers, ...at(1) });
    gate.servers.desk?.answer("echo", requires("e-far"));
    await ended(call(site, { ...headers, ...at(0) }));
    await gate.servers.desk?.when(() => (gate.servers.desk?.streams.size ?? 0) > 0);
    gate.servers.desk?.push(complete("e-far"));
    await own.when(done("e-far"));
    own.drop();
  });
});

const at = (replica: 0 | 1) => to(replica) as Readonly<Record<string, string>>;
