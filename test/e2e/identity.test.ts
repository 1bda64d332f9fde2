import { afterEach, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type Gate, startGate, told } from "../support/gate.ts";

let gate: Gate;
afterEach(() => gate.stop());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

async function start() {
  const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
  gate = await startGate({ clock });
  return clock;
}

const seen = () => gate.servers.desk?.calls.length;

test("a call of ann reaches the server in both eras, and leaves an intent and an outcome", async () => {
  await start();
  for (const era of ["session", "stateless"] as const) {
    const answer = await gate.call("desk__echo", { era }, { era });
    expect(answer).toMatchObject({ status: 200, message: { result: { structuredContent: { echo: { era } } } } });
  }
  expect(gate.servers.desk?.calls.map(({ args }) => args)).toEqual([{ era: "session" }, { era: "stateless" }]);
  const records = await gate.records();
  expect(records.filter(({ target }) => target === "desk.echo").map(({ kind }) => kind)).toEqual([
    "intent",
    "outcome",
    "intent",
    "outcome",
  ]);
});

test("a token of a rotated key is accepted at once, and one of the key that went away no longer is once the keys are read again", async () => {
  const clock = await start();
  const old = gate.issuer.current;
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");

  clock.advance(MINUTE);
  await gate.issuer.rotate();
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  expect(seen()).toBe(2);

  const stale = await gate.token({ key: old });
  expect(told(await gate.call("desk__echo", {}, { token: stale }))).toMatchObject({
    effect: "unauthenticated",
    codes: ["auth.bad_signature"],
  });
  expect(seen()).toBe(2);
  const records = await gate.records();
  expect(records.filter(({ kind }) => kind === "auth").flatMap(({ reasons }) => reasons?.map(({ code }) => code))).toEqual([
    "auth.bad_signature",
  ]);
});

test("while the provider is away its known keys count, a new key is asked for later, and when it is back everything works", async () => {
  const clock = await start();
  const before = await gate.token({ lifetime: 7200 });
  expect(told(await gate.call("desk__echo", {}, { token: before })).effect).toBe("allow");

  await gate.issuer.stop();
  clock.advance(MINUTE);
  expect(told(await gate.call("desk__echo", {}, { token: before })).effect).toBe("allow");
  // Not verified before: its key is known all the same.
  expect(told(await gate.call("desk__echo", {}, { token: await gate.token({ user: "bob" }) })).effect).toBe("allow");

  const renewed = await gate.issuer.rotate();
  const token = await gate.token({ key: renewed, lifetime: 7200 });
  const refused = await gate.call("desk__echo", {}, { token });
  expect(refused.status).toBe(503);
  expect(refused.headers["retry-after"]).toBeDefined();
  expect(told(refused)).toMatchObject({ effect: "unauthenticated", codes: ["auth.issuer_unreachable"] });
  expect(seen()).toBe(3);

  await gate.issuer.start();
  clock.advance(MINUTE);
  expect(told(await gate.call("desk__echo", {}, { token })).effect).toBe("allow");
  expect(seen()).toBe(4);
  expect((await gate.records()).some(({ reasons }) => reasons?.[0]?.code === "auth.issuer_unreachable")).toBe(true);
});

test("keys that could not be read again for a day are not used any more", async () => {
  const clock = await start();
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  await gate.issuer.stop();
  clock.advance(23 * HOUR);
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  clock.advance(2 * HOUR);
  expect(told(await gate.call("desk__echo", {}))).toMatchObject({ effect: "unauthenticated", codes: ["auth.issuer_unreachable"] });
  expect(seen()).toBe(2);
});
