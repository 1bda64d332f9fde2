import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { err, ok, type Result } from "../../../../src/core/result.ts";
import { type BundleSource, type Fetcher, pollingSource, type SourceProblem } from "../../../../src/parts/bundle/index.ts";
import type { Fetched, FetchFailure } from "../../../../src/parts/bundle/sources/polling-source.ts";
import { manualClock } from "../../../../src/platform/clock.ts";

const start = Date.parse("2026-06-01T00:00:00Z");
const delays = { minMs: 10_000, maxMs: 30_000 };
const unreachable: FetchFailure = { code: "source.unreachable", detail: "nobody there", contacted: false };

/** What the place answers next, and how it was asked. */
let answers: (Result<Fetched, FetchFailure> | ((signal: AbortSignal) => Promise<Result<Fetched, FetchFailure>>))[];
let asked: { signal: AbortSignal; patient: boolean }[];
let candidates: string[];
let problems: SourceProblem[];
let recoveries: number;
let clock: ReturnType<typeof manualClock>;
/** What is due next, and when. */
let due: { run: () => void; at: number } | undefined;
let source: BundleSource;
let forgotten = 0;

const fetcher: Fetcher = {
  kind: "http",
  where: "https://bundles.example.com/b",
  async fetch(signal, patient) {
    asked.push({ signal, patient });
    const answer = answers.shift() ?? ok({});
    return typeof answer === "function" ? answer(signal) : answer;
  },
  forget: () => {
    forgotten += 1;
  },
  close: async () => {},
};

beforeEach(() => {
  [answers, asked, candidates, problems, recoveries, due, forgotten] = [[], [], [], [], 0, undefined, 0];
  clock = manualClock(start);
});
afterEach(() => source.close());

function open(onCandidate: (bytes: Uint8Array) => void | Promise<void> = () => {}): BundleSource {
  source = pollingSource(fetcher, {
    ...{ delays, clock, random: () => 0.5 },
    schedule: (run, ms) => {
      due = { run, at: clock.now() + ms };
      return () => {
        due = undefined;
      };
    },
    onCandidate: (bytes) => {
      candidates.push(Buffer.from(bytes).toString());
      return onCandidate(bytes);
    },
    onProblem: (problem) => void problems.push(problem),
    onRecovered: () => {
      recoveries += 1;
    },
  });
  return source;
}

const bytes = (text: string) => ok({ bytes: Buffer.from(text) });

const untilAborted = (answer: Result<Fetched, FetchFailure>) => (signal: AbortSignal) =>
  new Promise<Result<Fetched, FetchFailure>>((resolve) => signal.addEventListener("abort", () => resolve(answer)));

/** Lets the next try begin, and waits until it is over. */
async function nextTry(): Promise<number> {
  if (due === undefined) throw new Error("nothing is due");
  const { run, at } = due;
  const waited = at - clock.now();
  clock.set(at);
  due = undefined;
  run();
  await turn();
  return waited;
}

const turn = () => new Promise(setImmediate);

describe("a source that is asked", () => {
  it("asks at once, hands new content over, and rests between the two delays", async () => {
    answers = [bytes("one"), ok({}), bytes("two")];
    await open().check();
    expect(await nextTry()).toBe(20_000);
    await nextTry();
    expect(candidates).toEqual(["one", "two"]);
    expect(source.status()).toMatchObject({
      failures: 0,
      lastSuccess: start + 40_000,
      lastContent: start + 40_000,
      nextTry: start + 60_000,
    });
  });

  it("does not hand the same content over again", async () => {
    answers = [bytes("one"), bytes("one")];
    await open().check();
    await nextTry();
    expect(candidates).toEqual(["one"]);
    expect(source.status()).toMatchObject({ lastContent: start, lastSuccess: start + 20_000 });
  });

  it("asks again at once where the server holds answers back, but not a server that only says so", async () => {
    answers = [ok({ bytes: Buffer.from("one"), holds: true })];
    await open().check();
    expect(await nextTry()).toBe(1000);
    expect(asked.map(({ patient }) => patient)).toEqual([false, true]);
  });

  it("asked by hand while it waits at the server, gives that up and asks without waiting", async () => {
    answers = [ok({ bytes: Buffer.from("one"), holds: true })];
    await open().check();
    answers = [untilAborted(ok({}))];
    await nextTry();
    await source.check();
    expect(asked.map(({ patient, signal }) => [patient, signal.aborted])).toEqual([
      [false, false],
      [true, true],
      [false, false],
    ]);
    expect(problems).toEqual([]);
  });

  it("asked twice at the same time, asks once", async () => {
    await Promise.all([open().check(), source.check()]);
    expect(asked).toHaveLength(1);
  });
});

describe("a source that fails", () => {
  it("waits longer and longer, says each reason once, and that it does well again", async () => {
    const denied: FetchFailure = { code: "source.denied", detail: "answered 401", contacted: true };
    answers = [err(unreachable), err(unreachable), err(denied), err(unreachable), ok({})];
    await open().check();
    const waits = [await nextTry(), await nextTry(), await nextTry()];
    expect(waits).toEqual([375, 750, 1500]);
    expect(problems.map(({ code }) => code)).toEqual(["source.unreachable", "source.denied"]);
    expect(source.status()).toMatchObject({
      failures: 4,
      lastContact: start + 375 + 750,
      problem: { code: "source.unreachable", since: start },
      failed: { "source.unreachable": 3, "source.denied": 1 },
    });
    expect(recoveries).toBe(0);
    await nextTry();
    expect(recoveries).toBe(1);
    expect(source.status()).not.toHaveProperty("problem");
  });

  it("says the same reason with other numbers in it only once", async () => {
    answers = [1, 22, 333].map((count) => err({ code: "source.cut_off", detail: `ended after ${count} bytes`, contacted: true }));
    await open().check();
    await nextTry();
    await nextTry();
    expect(problems).toHaveLength(1);
  });

  it("waits as long as the server asks for", async () => {
    answers = [err({ code: "source.busy", detail: "answered 429", contacted: true, retryAfterMs: 120_000 })];
    await open().check();
    expect(await nextTry()).toBe(120_000);
  });

  it("for an hour is asked some hundred times, says so once, and brings what comes after it", async () => {
    answers = Array.from({ length: 10_000 }, () => err(unreachable));
    await open().check();
    while (clock.now() < start + 3_600_000) await nextTry();
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.length).toBeLessThan(200);
    expect(problems).toHaveLength(1);
    expect(source.status().problem?.since).toBe(start);
    answers = [bytes("one")];
    await nextTry();
    expect([candidates, recoveries, source.status().failures]).toEqual([["one"], 1, 0]);
  });

  it("to throw is a failure like others, and no end of it", async () => {
    answers = [() => Promise.reject(new Error("boom")), bytes("one")];
    await open().check();
    expect(source.status()).toMatchObject({ failures: 1, problem: { code: "source.not_kept", detail: "boom" } });
    await nextTry();
    expect(candidates).toEqual(["one"]);
  });

  it("to be dealt with by the gateway is offered again", async () => {
    answers = [bytes("one"), bytes("one"), bytes("one")];
    let full = true;
    await open(() => {
      if (full) throw new Error("the disk is full");
    }).check();
    expect(problems).toMatchObject([{ code: "source.not_kept", detail: "the disk is full" }]);
    await nextTry();
    expect([problems.length, recoveries]).toEqual([1, 0]);
    full = false;
    await nextTry();
    expect(candidates).toEqual(["one", "one", "one"]);
    // Or the server would only say that there is nothing new.
    expect(forgotten).toBe(2);
    expect(source.status().failures).toBe(0);
  });
});

describe("a source that is closed", () => {
  it("ends what is under way, hands nothing over and asks no more", async () => {
    answers = [untilAborted(bytes("late"))];
    const checking = open().check();
    await turn();
    await source.close();
    await checking;
    await source.check();
    expect([candidates, asked.length, due]).toEqual([[], 1, undefined]);
  });
});
