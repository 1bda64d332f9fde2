import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { QuestionAnswer } from "../../src/core/question.ts";
import type { Answer, GatewayRequest } from "../../src/gateway/gateway.ts";
import type { Replicas } from "../../src/parts/replicas/index.ts";
import { client, form, result, type ScriptedOptions, scripted } from "./conversation/scripted-gateway.ts";

const ann = client("stateless");
const accept = { action: "accept", content: { name: "Ann" } };

type Handler = Parameters<Replicas["serve"]>[1];

/** Replicas that reach each other through JSON, and what was carried between them. */
function network() {
  const handlers = new Map<string, Handler>();
  const carried: string[] = [];
  const copy = (value: unknown): unknown => {
    const text = JSON.stringify(value);
    carried.push(text);
    return JSON.parse(text);
  };
  const away = new Set<string>();
  const faults: { onEvent?: (event: unknown, tell: (event: unknown) => void) => void } = {};
  const replica = (id: string): Replicas => ({
    id,
    serve: (topic, handler) => handlers.set(`${id} ${topic}`, handler),
    async ask(to, topic, payload, { signal, onEvent }) {
      const handler = handlers.get(`${to} ${topic}`);
      if (!handler || away.has(to)) return { kind: "away" };
      const gone = new AbortController();
      signal?.addEventListener("abort", () => gone.abort());
      const tellOf = (tell: (event: unknown) => void = () => {}) => {
        return (event: unknown) => (faults.onEvent ? faults.onEvent(copy(event), tell) : tell(copy(event)));
      };
      try {
        return { kind: "answer", value: copy(await handler(copy(payload), tellOf(onEvent), gone.signal)) };
      } catch {
        return { kind: "away" };
      }
    },
    tell() {},
    onTold: () => () => {},
    close: async () => {},
  });
  return { replica, carried, away, faults };
}

const back = (requestState: string, more: Partial<GatewayRequest> = {}): Partial<GatewayRequest> => ({
  resumed: { inputResponses: { q1: accept }, requestState },
  ...more,
});

function stateOf(answer: Answer): string {
  if (answer.kind !== "input_required") throw new Error(JSON.stringify(answer));
  return (JSON.parse(answer.text) as { requestState: string }).requestState;
}

function two(server: ScriptedOptions["server"], schema?: Record<string, unknown>) {
  const net = network();
  const key = randomBytes(32);
  const options = (id: string) => ({ server, replicas: net.replica(id), key, ...(schema ? { schema } : {}) });
  return { net, one: scripted(options("r1")), other: scripted(options("r2")) };
}

const asks: ScriptedOptions["server"] = async (call) => {
  const answer = await call.onQuestion?.(form());
  call.onProgress?.({ progress: 1 });
  return result(JSON.stringify(answer as QuestionAnswer));
};

describe("a request that goes on with a call parked on another replica", () => {
  it("is carried out there, with its progress and its answer", async () => {
    const { one, other } = two(asks);
    const requestState = stateOf(await one.request(ann, { onProgress: () => {} }));
    const progress: unknown[] = [];
    const answer = await other.request(ann, back(requestState, { onProgress: (news) => progress.push(news) }));
    expect(answer.kind === "result" && JSON.parse(JSON.parse(answer.text).content[0].text)).toEqual({ kind: "result", result: accept });
    expect(progress).toEqual([{ progress: 1 }]);
    expect(other.seen).toEqual([]);
    expect(other.records("intent")).toEqual([]);
    expect(one.records("outcome").at(-1)).toMatchObject({ effect: "allow" });
  });

  it("carries an answer that is larger than what replicas carry at once", async () => {
    const text = "\u{1f600}x".repeat(200_000);
    const { one, other } = two(async (call) => {
      await call.onQuestion?.(form());
      return result(text);
    });
    const requestState = stateOf(await one.request(ann, {}));
    const answer = await other.request(ann, back(requestState));
    expect(answer.kind === "result" && JSON.parse(answer.text).content[0].text === text).toBe(true);
  });

  it("travels sealed: nothing of it can be read on the way", async () => {
    const { net, one, other } = two(asks);
    const requestState = stateOf(await one.request(ann, {}));
    await other.request(ann, back(requestState));
    expect(net.carried.length).toBeGreaterThan(2);
    for (const text of net.carried) expect(text).not.toMatch(/Ann|ann|support-bot|refund/);
  });

  it("is refused for another principal, who learns nothing, and the call waits on", async () => {
    const { one, other } = two(asks);
    const requestState = stateOf(await one.request(ann, {}));
    const bob = client("stateless", { principal: { subject: "bob" } });
    expect(await other.request(bob, back(requestState))).toMatchObject({
      kind: "invalid",
      detail: "requestState is not one of this request",
    });
    expect((await one.request(ann, back(requestState))).kind).toBe("result");
  });

  it("is refused on record where the other replica is away", async () => {
    const { net, one, other } = two(asks);
    const requestState = stateOf(await one.request(ann, {}));
    net.away.add("r1");
    expect(await other.request(ann, back(requestState))).toMatchObject({
      kind: "invalid",
      detail: "the call that was waiting is gone; start again",
    });
    expect(other.records("refusal")).toMatchObject([{ reasons: [{ code: "question.state_invalid" }] }]);
    expect(other.seen).toEqual([]);
  });

  it("is cancelled there when its client goes away", async () => {
    const gone = new AbortController();
    const { one, other } = two(async (call) => {
      await call.onQuestion?.(form());
      gone.abort();
      return await new Promise(() => {});
    });
    const requestState = stateOf(await one.request(ann, {}));
    expect((await other.request(ann, back(requestState, { signal: gone.signal }))).kind).toBe("cancelled");
    expect(one.seen[0]?.signal?.aborted).toBe(true);
  });

  it("is refused where the message contradicts itself at the replica that it came to", async () => {
    const schema = { type: "object", properties: { amount: { type: "integer", "x-mcp-header": "Amount" } } };
    const { one, other } = two(asks, schema);
    const requestState = stateOf(await one.request(ann, { repeats: () => undefined }));
    const answer = await other.request(ann, back(requestState, { repeats: () => "Mcp-Param-Amount differs" }));
    expect(answer).toMatchObject({ kind: "contradicted", detail: "Mcp-Param-Amount differs" });
    expect((await one.request(ann, back(requestState))).kind).toBe("result");
  });

  it("is not carried out for whoever writes into the channel without the key", async () => {
    const { net, one } = two(asks);
    stateOf(await one.request(ann, {}));
    const reply = await net.replica("r9").ask("r1", "gateway/request", "s1.forged", { timeoutMs: 1 });
    expect(reply).toEqual({ kind: "away" });
    expect(one.records("intent")).toHaveLength(1);
  });

  it.each([
    ["lost", (events: unknown[]) => events.splice(-3, 1)],
    ["repeated", (events: unknown[]) => events.push(...events.slice(-2))],
    ["swapped", (events: unknown[]) => events.splice(-4, 2, events.at(-3), events.at(-4))],
  ])("gives no answer of which a piece was %s on the way, rather than another one than the server's", async (what, harm) => {
    const { net, one, other } = two(async (call) => {
      await call.onQuestion?.(form());
      return result("x".repeat(500_000));
    });
    const requestState = stateOf(await one.request(ann, {}));
    const events: unknown[] = [];
    net.faults.onEvent = (event, tell) => {
      events.push(event);
      // The last event says how long the answer is.
      if (events.length < 6) return;
      harm(events);
      for (const each of events) tell(each);
    };
    const answer = await other.request(ann, back(requestState));
    if (what === "repeated") expect(answer.kind).toBe("result");
    else expect(answer).toMatchObject({ kind: "refused", reasons: [{ code: "question.abandoned" }] });
    if (answer.kind === "result") expect(JSON.parse(answer.text).content[0].text).toHaveLength(500_000);
  });
});
