import { expect } from "vitest";
import type { Answer, CallOptions, Gate, LogRecord } from "../support/gate.ts";
import { expectProtocolAnswer } from "../support/gate-refused.ts";
import { wholeCompany, wholeServers } from "./whole-company.ts";

// Requests that reach a server of the whole company, of each kind.

export interface WholeRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** What the recording server calls it in its script. */
  readonly scripted: string;
  readonly target: string;
}

export function wholeRequests(server: string): readonly WholeRequest[] {
  const uri = `${server}://notes/one`;
  const ref = { type: "ref/prompt", name: "greet" };
  return [
    { method: "tools/call", params: { name: "echo", arguments: { a: 1 } }, scripted: "echo", target: `${server}.echo` },
    {
      method: "prompts/get",
      params: { name: "greet", arguments: { who: "bob" } },
      scripted: "prompts/get greet",
      target: `${server}.greet`,
    },
    { method: "resources/read", params: { uri }, scripted: `resources/read ${uri}`, target: `${server}.notes` },
    {
      method: "completion/complete",
      params: { ref, argument: { name: "who", value: "b" } },
      scripted: "completion/complete",
      target: `${server}.greet`,
    },
  ];
}

/** What the gate of the whole company is started with. */
export const whole = { company: wholeCompany, servers: wholeServers } as const;

const tokens = new WeakMap<Gate, Promise<string>>();

/** One token for all requests at a gate, so that a client of the session era has one session. */
export function tokenOf(gate: Gate): Promise<string> {
  const token = tokens.get(gate) ?? gate.token();
  tokens.set(gate, token);
  return token;
}

/** Asks, and checks that what comes back is an answer of the protocol to exactly this request. */
export async function askProperly(
  gate: Gate,
  method: string,
  params: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<Answer> {
  const around = "token" in options ? options : { ...options, token: await tokenOf(gate) };
  const message = gate.client.message(method, params, around);
  const name = params.name ?? params.uri ?? params.taskId;
  const answer = await gate.client.send(JSON.stringify(message), { ...around, method, name });
  expectProtocolAnswer(answer);
  expect(answer.message?.id).toBe(message.id);
  return answer;
}

export async function lastOutcome(gate: Gate): Promise<LogRecord | undefined> {
  return (await gate.records()).findLast(({ kind }) => kind === "outcome");
}
