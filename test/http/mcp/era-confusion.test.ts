import { expect, test } from "vitest";
import { call, doorUnderTest, envelope, initialize, SESSION_VERSION, STATELESS_VERSION } from "./door-under-test.ts";

// One era must not be a way round the other: what is bound to a session is reached under a session alone.

test("a request in a session that claims the stateless era in its _meta is refused, whichever version its header names", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const mixed = call("t", {}, 2, { _meta: envelope() });
  for (const headers of [{ "mcp-protocol-version": SESSION_VERSION }, {}]) {
    const refused = await door.say(session, mixed, headers);
    expect([refused.statusCode, refused.json().error.code]).toEqual([400, -32020]);
  }
  expect(door.gateway.asked.calls).toEqual([]);
});

test("a stateless request gets nothing from the session that it names", async () => {
  const door = await doorUnderTest();
  const session = await door.open("ann", "/mcp", SESSION_VERSION, { elicitation: {} });
  await door.ask("tools/call", { name: "t", arguments: {} }, { headers: { "mcp-session-id": session } });
  const [asked] = door.gateway.asked.calls;
  expect(asked?.exchange).toMatchObject({ era: "stateless", capabilities: { extensions: {} } });
  expect([asked?.exchange.session, asked?.request.ask]).toEqual([undefined, undefined]);
});

test("with a header of the stateless era a session is neither ended, nor read, nor opened", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const headers = {
    host: "localhost",
    authorization: "Bearer ann",
    accept: "text/event-stream",
    "mcp-session-id": session,
    "mcp-protocol-version": STATELESS_VERSION,
  };
  for (const method of ["DELETE", "GET"] as const) {
    const refused = await door.app.inject({ method, url: "/mcp", headers });
    expect([refused.statusCode, refused.headers.allow]).toEqual([405, "POST"]);
  }
  const opened = await door.post(initialize(), { "mcp-protocol-version": STATELESS_VERSION });
  expect([opened.statusCode, opened.headers["mcp-session-id"]]).toEqual([400, undefined]);
  expect([...door.sessions.open_.keys()]).toEqual([session]);
});

test("a cancellation with the headers of the stateless era cancels nothing in a session", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const [started, end] = [Promise.withResolvers<AbortSignal>(), Promise.withResolvers<void>()];
  const { answer } = door.gateway;
  door.gateway.answer = async (asked, exchange) => {
    started.resolve(asked.signal);
    await end.promise;
    return answer(asked, exchange);
  };
  const under = door.say(session, call("t", {}, 2));
  const signal = await started.promise;
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } };
  await door.say(session, cancel, { "mcp-protocol-version": STATELESS_VERSION });
  expect(signal.aborted).toBe(false);
  end.resolve();
  expect((await under).json().result).toBeDefined();
});

test.each([
  ["2025-03-26", undefined],
  ["2025-06-18", { form: true, url: false }],
  ["2025-11-25", { form: true, url: true }],
])("a client of %s is asked in no way that its revision does not know", async (version, elicitation) => {
  const door = await doorUnderTest();
  const session = await door.open("ann", "/mcp", version, {
    elicitation: { form: {}, url: {} },
    sampling: { tools: {} },
  });
  await door.say(session, call("t", {}, 2));
  const { capabilities } = door.gateway.asked.calls[0]?.exchange ?? {};
  expect(capabilities?.elicitation).toEqual(elicitation);
  expect(capabilities?.sampling?.tools).toBe(version === "2025-11-25");
});
