import { afterEach, expect, test } from "vitest";
import { type BundleData, type Company, type Gate, signedBundle, startGate, told } from "../support/gate.ts";

/** Even bundles refuse even numbers, odd ones odd numbers; which one it is stands in the bundle's own data. */
const company: Company = {
  servers: {
    desk: {
      tools: {
        echo: {
          definition: { inputSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } },
          facts: { sample: { args: { n: 1 } } },
        },
      },
    },
  },
  custom: { refused: 0 },
  policies: {
    parity: `constrain contains {"code": "parity.refused", "message": "Not this one."} if remainder == data.custom.refused

default remainder := 0

remainder := input.args.n % 2`,
  },
};

const SWAPS = 20;
const CALLS = 5_000;
const CONNECTIONS = 16;
const wide = Array.from({ length: 300 }, (_, at) => at);

let gate: Gate;
afterEach(() => gate.stop());

test("20 activations during 5 000 calls at 16 connections: each call is decided by one bundle, fits its rule, and none is lost", {
  timeout: 60_000,
}, async () => {
  const change = (sequence: number) => ({
    sequence,
    about: { max_decide_ms: 10_000 },
    data: (data: BundleData) => void Object.assign(data.custom, { refused: sequence % 2 }),
  });
  gate = await startGate({ company, bundle: change(1), config: { policy: { timeout_ms: 10_000 } } });
  const bundles = await Promise.all(Array.from({ length: SWAPS }, (_, at) => signedBundle(company, change(at + 2), gate.key)));
  const tokens = await Promise.all(Array.from({ length: CONNECTIONS }, (_, at) => gate.token({ user: `user-${at}` })));

  const effects = new Map<number, string>();
  let next = 0;
  let activated = 0;
  const caller = async (token: string, at: number) => {
    const era = at % 2 === 0 ? "session" : "stateless";
    while (next < CALLS || activated < SWAPS) {
      const n = next++;
      // Some are too wide for the main thread: a worker that judges must outlive the swap, too.
      const args = n % 20 < 2 ? { n, list: wide } : { n };
      effects.set(n, told(await gate.call("desk__echo", args, { token, era })).effect);
    }
  };
  const swapper = async () => {
    for (const [at, bytes] of bundles.entries()) {
      // Spread over the calls, whatever the machine's speed: the next one comes when its share of the calls is made.
      const due = Math.floor((CALLS * (at + 0.5)) / SWAPS);
      while (next < due) await new Promise(setImmediate);
      expect(await gate.offer(bytes)).toEqual({ activated: true });
      activated += 1;
    }
  };
  await Promise.all([swapper(), ...tokens.map(caller)]);

  const records = await gate.records();
  const of = (kind: string) => records.filter((record) => record.kind === kind && record.target === "desk.echo");
  const [intents, outcomes, refusals] = [of("intent"), of("outcome"), of("refusal")];
  const numberOf = (record: (typeof records)[number]) => (record.input as { args: { n: number } }).args.n;
  const outcomeOf = new Map(outcomes.map((record) => [record.id, record]));

  // Nothing is lost: each number has exactly one decision on record, the one its caller heard.
  expect(effects.size).toBeGreaterThanOrEqual(CALLS);
  expect(intents.length + refusals.length).toBe(effects.size);
  expect(outcomes.length).toBe(intents.length);
  expect(new Set([...intents, ...refusals].map(numberOf)).size).toBe(effects.size);
  for (const intent of intents) {
    expect(effects.get(numberOf(intent))).toBe("allow");
    expect(outcomeOf.get(intent.id)?.bundle).toEqual(intent.bundle);
  }
  for (const refusal of refusals) {
    expect(effects.get(numberOf(refusal))).toBe("deny");
    expect(refusal.reasons).toMatchObject([{ code: "parity.refused" }]);
  }

  // Each fits the rule of the bundle that it names.
  for (const intent of intents) expect(numberOf(intent) % 2).not.toBe((intent.bundle?.sequence ?? 0) % 2);
  for (const refusal of refusals) expect(numberOf(refusal) % 2).toBe((refusal.bundle?.sequence ?? 0) % 2);
  const digests = new Map([...intents, ...refusals].map(({ bundle }) => [bundle?.sequence, bundle?.digest]));
  expect(new Set(digests.values()).size).toBe(digests.size);
  // Calls were really made under most of them.
  expect(digests.size).toBeGreaterThan(SWAPS / 2);

  // The server saw exactly what was allowed, once each.
  const seen = gate.servers.desk?.calls.map(({ args }) => (args as { n: number }).n) ?? [];
  expect(seen.toSorted((a, b) => a - b)).toEqual(intents.map(numberOf).toSorted((a, b) => a - b));
  expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 }, withoutIntent: { count: 0 }, gaps: 0 } });
});
