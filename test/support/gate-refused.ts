import { expect } from "vitest";
import type { manualClock } from "../../src/platform/clock.ts";
import type { Gate, LogRecord } from "./gate.ts";
import type { Answer } from "./gate-client.ts";
import { told } from "./gate-client.ts";

/** How a bad message is answered and recorded. */
export interface Refusal {
  readonly status: number;
  /** Code of the JSON-RPC error; absent where the refusal is a tool result. */
  readonly rpc?: number;
  /** Code in the record; the caller hears it too where it is told one. */
  readonly reason: string;
  readonly record: "auth" | "refusal" | "outcome";
}

export interface Attempt {
  readonly valid: () => Promise<Answer>;
  readonly bad: () => Promise<Answer>;
  readonly want: Refusal;
}

/**
 * Makes the call in its valid form, which reaches the server; then in its bad form, of which the server sees nothing, the
 * client gets a valid protocol answer, and the log has a record.
 */
export async function expectRefused(
  gate: Gate,
  clock: ReturnType<typeof manualClock>,
  { valid, bad, want }: Attempt,
): Promise<{ readonly answer: Answer; readonly record: LogRecord }> {
  const before = received(gate);
  const good = await valid();
  expect(told(good).effect, `the valid form must pass: ${good.status} ${good.text}`).toBe("allow");
  expect(received(gate)).toBeGreaterThan(before);

  // Many refusals alike within a second are one record with a count.
  clock.advance(1_500);
  const calls = received(gate);
  const recorded = (await gate.records()).length;
  const answer = await bad();
  expect(answer.status, answer.text).toBe(want.status);
  expectProtocolAnswer(answer);
  expect(answer.message?.error?.code).toBe(want.rpc);
  expect(received(gate), "the server behind must see nothing").toBe(calls);
  const records = (await gate.records()).slice(recorded);
  const record = records.find(({ kind, reasons }) => kind === want.record && reasons?.[0]?.code === want.reason);
  expect(record, `no record of it among ${JSON.stringify(records)}`).toBeDefined();
  return { answer, record: record as LogRecord };
}

/** Everything that any server behind got, be it a call or something else. */
export function received(gate: Gate): number {
  return Object.values(gate.servers).reduce((sum, server) => sum + server.calls.length, 0);
}

/** A JSON-RPC 2.0 answer: exactly one of result and error, and an id that is a string, a number or null. */
export function expectProtocolAnswer({ message, headers, text }: Answer): void {
  expect(String(headers["content-type"]), text).toMatch(/^(application\/json|text\/event-stream)/);
  expect(message, text).toBeDefined();
  expect(message?.jsonrpc).toBe("2.0");
  expect(message?.id === null || typeof message?.id === "string" || typeof message?.id === "number").toBe(true);
  expect((message?.result === undefined) !== (message?.error === undefined)).toBe(true);
  if (message?.error === undefined) return;
  expect(Number.isInteger(message.error.code)).toBe(true);
  expect(message.error.message).not.toBe("");
}
