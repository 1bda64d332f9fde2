import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Replicas } from "../../src/parts/replicas/index.ts";
import type { Logger } from "../../src/platform/logger.ts";

export interface ReplicasUnderTest {
  readonly replicas: Replicas;
  /** The replica to ask: another process, or this one where it is alone. */
  readonly other: Replicas;
  close(): Promise<void>;
}

const soon = { timeoutMs: 5_000 };
const away = { kind: "away" };

/** What the replicas log, in one text. */
export class Lines {
  readonly logger: Logger;
  text = "";
  constructor() {
    const write = (fields: Readonly<Record<string, unknown>>, message: string) => {
      this.text += `${JSON.stringify(fields)} ${message}\n`;
    };
    this.logger = { debug: write, info: write, warn: write, error: write };
  }
}

/** Every way to reach the other processes keeps these promises. */
export function replicasContract(name: string, open: (logger: Logger) => Promise<ReplicasUnderTest>): void {
  describe(`replicas: ${name}`, () => {
    let under: ReplicasUnderTest;
    let replicas: Replicas;
    let other: Replicas;
    let lines: Lines;
    beforeEach(async () => {
      lines = new Lines();
      under = await open(lines.logger);
      ({ replicas, other } = under);
    });
    afterEach(() => under.close());

    test("an id is of letters and digits, and another one for each process", async () => {
      expect(replicas.id).toMatch(/^r[a-z2-7]{8}$/);
      const again = await open(lines.logger);
      expect(again.replicas.id).not.toBe(replicas.id);
      await again.close();
    });

    test("a question is answered by the replica that was asked, with a copy of what was said", async () => {
      const said = { uri: "x", list: [1, null, { deep: "ü\u2028\ud83d\ude00" }], left: undefined };
      let heard: unknown;
      other.serve("echo", async (payload) => {
        heard = payload;
        return { payload };
      });
      expect(await replicas.ask(other.id, "echo", said, soon)).toEqual({
        kind: "answer",
        value: { payload: JSON.parse(JSON.stringify(said)) },
      });
      expect(heard).not.toBe(said);
      expect(heard).toEqual({ uri: "x", list: [1, null, { deep: "ü\u2028\ud83d\ude00" }] });
      expect(Object.keys(heard as object)).not.toContain("left");
    });

    test("an answer of nothing is null", async () => {
      other.serve("nothing", async () => undefined);
      expect(await replicas.ask(other.id, "nothing", undefined, soon)).toEqual({ kind: "answer", value: null });
    });

    test("events come before the answer, in order", async () => {
      other.serve("count", async (_payload, send) => {
        for (let n = 0; n < 500; n++) send({ n });
        return "done";
      });
      const heard: unknown[] = [];
      const answer = await replicas.ask(other.id, "count", {}, { ...soon, onEvent: (event) => heard.push(event) });
      expect(heard).toEqual(Array.from({ length: 500 }, (_, n) => ({ n })));
      expect(answer).toEqual({ kind: "answer", value: "done" });
    });

    test("many questions at once each get their own answer", async () => {
      other.serve("double", async (payload, send) => {
        send(payload);
        await Promise.resolve();
        return Number(payload) * 2;
      });
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, n) => {
          const heard: unknown[] = [];
          const answer = await replicas.ask(other.id, "double", n, { ...soon, onEvent: (event) => heard.push(event) });
          return { answer, heard };
        }),
      );
      expect(answers).toEqual(Array.from({ length: 100 }, (_, n) => ({ answer: { kind: "answer", value: n * 2 }, heard: [n] })));
    });

    test("a replica that is not there is away, whatever its id looks like", async () => {
      for (const id of ["raaaaaaaa", "", "replicas", "r*", "tg1:replicas", "__proto__", `${replicas.id} `])
        expect(await replicas.ask(id, "echo", {}, { timeoutMs: 600_000 })).toEqual(away);
    });

    test("a topic that nobody serves is away", async () => {
      expect(await replicas.ask(other.id, "unheard", {}, { timeoutMs: 600_000 })).toEqual(away);
    });

    test("a handler that fails is away and logged, without a word of what was asked", async () => {
      other.serve("broken", async (payload) => {
        throw new Error(`cannot take ${JSON.stringify(payload)}`);
      });
      expect(await replicas.ask(other.id, "broken", { secret: "hunter2" }, { timeoutMs: 600_000 })).toEqual(away);
      expect(lines.text).toContain("broken");
      expect(lines.text).not.toContain("hunter2");
    });

    test("a handler that does not answer is away after the deadline, and is told that nobody waits", async () => {
      const dropped = Promise.withResolvers<void>();
      other.serve("silent", (_payload, _send, signal) => {
        signal.addEventListener("abort", () => dropped.resolve());
        return new Promise(() => {});
      });
      expect(await replicas.ask(other.id, "silent", {}, { timeoutMs: 20 })).toEqual(away);
      await dropped.promise;
    });

    test("the deadline starts anew with each event", async () => {
      const steps: (() => void)[] = [];
      other.serve("slow", async (_payload, send) => {
        for (let n = 0; n < 4; n++) {
          await new Promise<void>((resolve) => steps.push(resolve));
          send(n);
        }
        return "done";
      });
      const pace = setInterval(() => steps.shift()?.(), 150);
      const heard: unknown[] = [];
      expect(await replicas.ask(other.id, "slow", {}, { timeoutMs: 400, onEvent: (event) => heard.push(event) })).toEqual({
        kind: "answer",
        value: "done",
      });
      clearInterval(pace);
      expect(heard).toEqual([0, 1, 2, 3]);
    });

    test("who gives up gets no answer, and the other side is told", async () => {
      const controller = new AbortController();
      const [asked, dropped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      other.serve("held", (_payload, send, signal) => {
        asked.resolve();
        signal.addEventListener("abort", () => {
          send("too late");
          dropped.resolve();
        });
        return new Promise(() => {});
      });
      const heard: unknown[] = [];
      const answer = replicas.ask(other.id, "held", {}, { ...soon, signal: controller.signal, onEvent: (event) => heard.push(event) });
      await asked.promise;
      controller.abort();
      expect(await answer).toEqual(away);
      await dropped.promise;
      expect(heard).toEqual([]);
      expect(await replicas.ask(other.id, "held", {}, { ...soon, signal: AbortSignal.abort() })).toEqual(away);
    });

    test("an asker that cannot take an event in still gets its answer", async () => {
      other.serve("once", async (_payload, send) => {
        send("hunter2");
        return 1;
      });
      const onEvent = (event: unknown) => {
        throw new Error(String(event));
      };
      expect(await replicas.ask(other.id, "once", {}, { ...soon, onEvent })).toEqual({ kind: "answer", value: 1 });
      expect(lines.text).not.toContain("hunter2");
    });

    test("what is larger than a mebibyte is not carried: question, event, answer and news", async () => {
      const large = "x".repeat(1024 * 1024);
      let asked = 0;
      other.serve("large", async (payload, send) => {
        asked += 1;
        if (payload === "event") send(large);
        return payload === "answer" ? large : "small";
      });
      expect(await replicas.ask(other.id, "large", large, soon)).toEqual(away);
      expect(asked).toBe(0);
      expect(await replicas.ask(other.id, "large", "event", soon)).toEqual(away);
      expect(await replicas.ask(other.id, "large", "answer", soon)).toEqual(away);
      const heard: unknown[] = [];
      const last = Promise.withResolvers<void>();
      other.onTold("large", (payload) => {
        heard.push(payload);
        if (payload === "last") last.resolve();
      });
      replicas.tell("large", large);
      replicas.tell("large", "last");
      await last.promise;
      expect(heard).toEqual(["last"]);
      expect(lines.text.match(/too long/g)).toHaveLength(4);
      expect(lines.text).not.toContain("xxx");
    });

    test("news reaches every replica, the teller too, in order, and one listener's failure is its own", async () => {
      const done = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const heard: unknown[][] = [[], []];
      for (const [at, replica] of [replicas, other].entries()) {
        replica.onTold("news", () => {
          throw new Error("hunter2");
        });
        replica.onTold("news", (payload) => {
          heard[at]?.push(payload);
          if (heard[at]?.length === 3) done[at]?.resolve();
        });
      }
      let inTurn = true;
      replicas.onTold("news", () => expect(inTurn).toBe(false));
      for (const n of [1, 2, 3]) replicas.tell("news", { n });
      inTurn = false;
      await Promise.all(done.map(({ promise }) => promise));
      expect(heard).toEqual([
        [{ n: 1 }, { n: 2 }, { n: 3 }],
        [{ n: 1 }, { n: 2 }, { n: 3 }],
      ]);
      expect(lines.text).not.toContain("hunter2");
    });

    test("who listens no more hears no more, and other topics are other topics", async () => {
      const heard: unknown[] = [];
      const stop = other.onTold("a", (payload) => heard.push(payload));
      const last = Promise.withResolvers<void>();
      other.onTold("b", () => last.resolve());
      stop();
      replicas.tell("a", 1);
      replicas.tell("b", 2);
      await last.promise;
      expect(heard).toEqual([]);
    });

    test("two handlers for one topic are a mistake", () => {
      other.serve("one", async () => 1);
      expect(() => other.serve("one", async () => 2)).toThrow('the topic "one" has a handler already');
    });

    test("closing ends what waits, and nothing is asked afterwards", async () => {
      const asked = Promise.withResolvers<void>();
      other.serve("held", () => {
        asked.resolve();
        return new Promise(() => {});
      });
      const answer = replicas.ask(other.id, "held", {}, { timeoutMs: 600_000 });
      await asked.promise;
      await replicas.close();
      expect(await answer).toEqual(away);
      expect(await replicas.ask(other.id, "held", {}, { timeoutMs: 600_000 })).toEqual(away);
      replicas.tell("held", 1);
    });
  });
}
