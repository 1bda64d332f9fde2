import { expect } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { newKey } from "../parts/identity/key-server.ts";
import { type Answer, type CallOptions, type Gate, type GateOptions, type LogRecord, startGate, told } from "../support/gate.ts";
import { breakLog, mendLog } from "../support/gate-log.ts";
import { expectProtocolAnswer } from "../support/gate-refused.ts";
import { answers, company } from "./company.ts";
import type { DecisionCase } from "./read-cases.ts";

type Era = "session" | "stateless";
type Clock = ReturnType<typeof manualClock>;

/** A gate of the company of the cases, on a clock of its own. */
export interface World {
  readonly gate: Gate;
  readonly clock: Clock;
}

export async function startWorld(given: NonNullable<DecisionCase["given"]> = {}): Promise<World> {
  const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
  const { config = {}, issuer, bundle, unindexed, log } = given;
  const held = { kind: "held", until: new Promise<void>((resolve) => releases.set(given, resolve)) } as const;
  const options: GateOptions = {
    company,
    clock,
    servers: { lab: { answers: { ...answers, ...(log === "breaks during the call" ? { open: held } : {}) } } },
    // One server that fails in many ways: only the case about the breaker is to see one.
    config: {
      upstream: { breaker: { failures: 1_000 } },
      ...(log === undefined ? {} : { log: { segment_mb: 1 } }),
      secrets: {},
      ...config,
    },
    ...(issuer === undefined ? {} : { issuer }),
    bundle: {
      ...(bundle === undefined ? {} : { about: bundle }),
      ...(unindexed === undefined ? {} : { data: (data) => void delete data.index_kinds[unindexed] }),
    },
  };
  const gate = await startGate(options);
  if (given.issuer_away === true) await gate.issuer.stop();
  if (given.server_away !== undefined) await gate.servers[given.server_away]?.close();
  return { gate, clock };
}

/** Lets go what a world's server holds back. */
const releases = new WeakMap<object, () => void>();

/** Runs one case in one era and compares answer, servers and log with what it wants. */
export async function runCase({ gate, clock }: World, one: DecisionCase, era: Era): Promise<void> {
  const { given = {}, want } = one;
  const token = await tokenOf(gate, one);
  for (let n = 0; n < (given.calls_before ?? 0); n++) await send(gate, one, { token, era });
  if (given.calls_before_by !== undefined) await send(gate, one, { token: await gate.token({ user: given.calls_before_by }), era });
  clock.advance((given.advance_s ?? 0) * 1000 + 2_000);
  const fresh = given.advance_s === undefined ? token : await tokenOf(gate, one);
  const opened = (one.call.method === undefined || one.call.params !== undefined) && one.call.raw === undefined && given.log === undefined;
  if (opened && era === "session") await gate.client.session({ token: fresh });
  // Opening a session leaves records of its own, e.g. a refusal that the call then repeats within the same second.
  clock.advance(2_000);
  const [calls, recorded] = [seen(gate, one), (await gate.records()).length];
  const all = await outcomes({ gate, clock }, one, { token: fresh, era });
  for (const answer of all) expectAnswer(answer, one);
  if (all.length > 1) expect(new Set(all.flatMap((answer) => told(answer).codes))).toEqual(new Set(want.reasons.map(({ code }) => code)));
  expect(seen(gate, one) - calls, "calls that the servers saw").toBe(want.server_saw);
  if (want.unrecorded === true) return;
  const records = (await gate.records()).slice(recorded);
  const record = expectOne(records, { ...(want.record ?? {}) }, want);
  if (want.outcome !== undefined) {
    const outcome = records.filter(({ kind, id }) => kind === "outcome" && (all.length > 1 || id === record.id));
    expect(outcome).toContainEqual(expect.objectContaining(partly(want.outcome)));
  }
}

async function outcomes(
  { gate, clock }: World,
  one: DecisionCase,
  options: { readonly token: string | undefined; readonly era: Era },
): Promise<readonly Answer[]> {
  const { given = {}, call } = one;
  if (given.log === "broken") {
    await breakLog(gate, "lab__writes");
    const answer = await send(gate, one, options);
    clock.advance(1_000);
    await mendLog(gate);
    return [answer];
  }
  if (given.log !== undefined) {
    const running = send(gate, one, options);
    await gate.servers.lab?.when(() => gate.servers.lab?.calls.length === 1);
    await breakLog(gate, "lab__writes");
    releases.get(given)?.();
    const answer = await running;
    clock.advance(1_000);
    await mendLog(gate);
    return [answer];
  }
  return Promise.all(Array.from({ length: call.at_once ?? 1 }, () => send(gate, one, options)));
}

/** Calls of the case's tool, or requests of its method, that the servers behind saw; the log is filled with calls of another. */
function seen(gate: Gate, { call }: DecisionCase): number {
  if (call.params !== undefined) return Object.values(gate.servers).reduce((count, { reached }) => count + reached.length, 0);
  const name = call.tool?.split(".")[1];
  const calls = Object.values(gate.servers).flatMap((server) => server.calls);
  return calls.filter(({ tool }) => name === undefined || tool === name).length;
}

function expectAnswer(answer: Answer, { want, call }: DecisionCase): void {
  expect(answer.status, answer.text).toBe(want.status);
  expectProtocolAnswer(answer);
  const heard = told(answer);
  expect(heard.effect, answer.text).toBe(want.effect);
  expect(answer.message?.error?.code).toBe(want.effect === "unauthenticated" ? -32000 : want.rpc);
  if (call.at_once === undefined) expect(heard.codes).toEqual(want.reasons.map(({ code }) => code));
  if (want.answer_lacks !== undefined) expect(answer.text).not.toContain(want.answer_lacks);
}

/** The record that fits; where the caller is told reasons, they stand in it too. */
function expectOne(records: readonly LogRecord[], wanted: Record<string, unknown>, want: DecisionCase["want"]): LogRecord {
  const reasons = wanted.kind === "intent" || want.reasons.length === 0 ? {} : { reasons: want.reasons };
  const fitting = expect.objectContaining(partly({ ...reasons, ...wanted }));
  expect(records).toContainEqual(fitting);
  return records.find((record) => fitting.asymmetricMatch(record)) as LogRecord;
}

/** The wanted members of a record at every depth; members that are not named are not compared. */
function partly(wanted: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const matcher = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(matcher);
    return typeof value === "object" && value !== null ? expect.objectContaining(partly(value as Record<string, unknown>)) : value;
  };
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, matcher(value)]));
}

async function tokenOf(gate: Gate, { principal = {} }: DecisionCase): Promise<string | undefined> {
  const { token, forged, alone, user, agent, claims = {}, ...rest } = principal;
  if (token !== undefined) return token === "none" ? undefined : token;
  const taken = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, value ?? undefined]));
  return gate.token({
    ...(alone === true ? {} : { user: user ?? "ann" }),
    ...(agent === undefined ? {} : { agent }),
    ...(forged === true ? { key: await newKey("key-1") } : {}),
    lifetime: 3_600,
    claims: taken,
    ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<typeof rest> as object),
  });
}

function send(gate: Gate, { call }: DecisionCase, options: CallOptions & { readonly era: Era }): Promise<Answer> {
  const asked: CallOptions = {
    ...options,
    ...(call.headers === undefined ? {} : { headers: call.headers }),
    ...(call.dry_run === undefined ? {} : { meta: { "toolgate/request": { dryRun: call.dry_run } } }),
  };
  if (call.method === "initialize") return gate.client.initialize(options);
  if (call.raw !== undefined) return gate.client.send(call.raw, { ...asked, method: "tools/call", name: "lab__open" });
  if (call.method !== undefined) return gate.client.ask(call.method, call.params ?? {}, asked);
  return gate.client.call(call.tool?.replace(".", "__") ?? "", argsOf(call.args), asked);
}

/** `{repeat: n}` stands for a list of n numbers, which nobody wants to read in a case. */
function argsOf(args: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const long = (value: unknown) =>
    typeof value === "object" && value !== null && "repeat" in value
      ? Array.from({ length: Number(value.repeat) }, (_, at) => 10_000 + at)
      : value;
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, long(value)]));
}
