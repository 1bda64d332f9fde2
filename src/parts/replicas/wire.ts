/** What replicas say to each other, as JSON text on a channel. `n` is the asker's number of its question. */
export type Wire =
  | { readonly k: "ask"; readonly n: number; readonly from: string; readonly topic: string; readonly payload: unknown }
  /** The asker does not wait any more. */
  | { readonly k: "drop"; readonly n: number; readonly from: string }
  /** `i` counts the events before it: who was cut off for a moment notices that something is missing. */
  | { readonly k: "event" | "answer"; readonly n: number; readonly i: number; readonly payload: unknown }
  | { readonly k: "failed"; readonly n: number }
  /** Says nothing: whether somebody takes it tells that the replica is there. */
  | { readonly k: "there" }
  | { readonly k: "tell"; readonly from: string; readonly topic: string; readonly payload: unknown };

export const EVERYBODY = "tg1:replicas";

const idForm = /^r[a-z2-7]{8}$/;

/** The channel of one replica; `undefined` for what can be no replica's id, because ids come back from clients. */
export function channelOf(replica: string): string | undefined {
  return idForm.test(replica) ? `tg1:replica:${replica}` : undefined;
}

export const wire = {
  ask: (n: number, from: string, topic: string, payload: string) =>
    `{"k":"ask","n":${n},"from":"${from}","topic":${JSON.stringify(topic)},"payload":${payload}}`,
  drop: (n: number, from: string) => `{"k":"drop","n":${n},"from":"${from}"}`,
  event: (n: number, i: number, payload: string) => `{"k":"event","n":${n},"i":${i},"payload":${payload}}`,
  answer: (n: number, i: number, payload: string) => `{"k":"answer","n":${n},"i":${i},"payload":${payload}}`,
  failed: (n: number) => `{"k":"failed","n":${n}}`,
  there: '{"k":"there"}',
  tell: (from: string, topic: string, payload: string) =>
    `{"k":"tell","from":"${from}","topic":${JSON.stringify(topic)},"payload":${payload}}`,
};

/** `undefined` for what no replica of this version says. */
export function readWire(text: string): Wire | undefined {
  let value: Partial<Record<"k" | "n" | "i" | "from" | "topic" | "payload", unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { k, n, i, from, topic, payload } = value;
  switch (k) {
    case "there":
      return { k };
    case "tell":
      return isId(from) && typeof topic === "string" ? { k, from, topic, payload } : undefined;
    case "ask":
      return isNumber(n) && isId(from) && typeof topic === "string" ? { k, n, from, topic, payload } : undefined;
    case "drop":
      return isNumber(n) && isId(from) ? { k, n, from } : undefined;
    case "event":
    case "answer":
      return isNumber(n) && isNumber(i) ? { k, n, i, payload } : undefined;
    case "failed":
      return isNumber(n) ? { k, n } : undefined;
    default:
      return undefined;
  }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isId(value: unknown): value is string {
  return typeof value === "string" && idForm.test(value);
}
