import { answerText, callerOf, callText } from "./calls.ts";
import { tell } from "./child.ts";
import { Connection, type HttpAnswer } from "./connection.ts";

/** The load: a process of its own, which calls one target at a time and checks every answer. */

/** Who calls and where. One bearer for each principal; a session is opened for each where `sessions` is set. */
export interface TargetOrder {
  readonly kind: "target";
  readonly name: string;
  readonly port: number;
  readonly bearers: readonly string[];
  readonly sessions: boolean;
}

/** As many calls as `connections` carry, each sent when the one before it was answered. */
export interface ClosedOrder {
  readonly kind: "closed";
  readonly name: string;
  readonly connections: number;
  readonly ms: number;
}

/** `rate` calls a second, whether answers come or not. Latency counts from when a call was due, not from when it could be sent. */
export interface OpenOrder {
  readonly kind: "open";
  readonly name: string;
  readonly rate: number;
  readonly ms: number;
}

export type Order = TargetOrder | ClosedOrder | OpenOrder;

export interface Outcome {
  readonly calls: number;
  readonly ms: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** The first answer that was not the one that was due. */
  readonly failure?: string;
}

interface Target {
  readonly port: number;
  /** All of a request before the number of its content length, for each principal. */
  readonly heads: readonly string[];
}

const OPEN_CONNECTIONS = 16;
/** Closer than this to the next call the load looks at the clock instead of sleeping: timers are exact to a millisecond only. */
const SPIN_MS = 1.2;

const targets = new Map<string, Target>();
let serial = 0;

function headOf(port: number, bearer: string, session: string | undefined): string {
  const lines = [
    "POST /mcp HTTP/1.1",
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${bearer}`,
    "content-type: application/json",
    "accept: application/json, text/event-stream",
    ...(session === undefined ? [] : ["mcp-protocol-version: 2025-11-25", `mcp-session-id: ${session}`]),
  ];
  return `${lines.join("\r\n")}\r\ncontent-length: `;
}

async function openTarget({ name, port, bearers, sessions }: TargetOrder): Promise<Outcome> {
  const connection = new Connection(port);
  const heads: string[] = [];
  for (const bearer of bearers) {
    // The floor is sent the same bytes, with a session that nobody opened.
    const session = sessions ? await openSession(connection, port, bearer) : "ses_00000000-0000-7000-8000-000000000000";
    heads.push(headOf(port, bearer, session));
  }
  connection.close();
  targets.set(name, { port, heads });
  return { calls: 0, ms: 0, p50_ms: 0, p99_ms: 0 };
}

async function openSession(connection: Connection, port: number, bearer: string): Promise<string> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } };
  const asked = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params });
  const opened = await connection.ask(headOf(port, bearer, undefined), asked);
  const session = /\r\nmcp-session-id: *(\S+)/i.exec(opened.head)?.[1];
  if (opened.status !== 200 || session === undefined) throw new Error(`no session: ${opened.status} ${opened.body.slice(0, 300)}`);
  const told = await connection.ask(headOf(port, bearer, session), '{"jsonrpc":"2.0","method":"notifications/initialized"}');
  if (told.status !== 202) throw new Error(`the session was refused: ${told.status} ${told.body.slice(0, 300)}`);
  return session;
}

class Run {
  readonly #target: Target;
  readonly latencies: number[] = [];
  failure: string | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** `due` is when the call should have been sent. */
  call(connection: Connection, due: number, done: () => void): void {
    const number = ++serial;
    const head = this.#target.heads[callerOf(number)] ?? "";
    connection.send(head, callText(number), (answer) => {
      this.latencies.push(performance.now() - due);
      this.#check(number, answer);
      done();
    });
  }

  outcome(started: number): Outcome {
    const ms = performance.now() - started;
    const sorted = Float64Array.from(this.latencies).sort();
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    const failure = this.failure === undefined ? {} : { failure: this.failure };
    return { calls: sorted.length, ms, p50_ms: at(0.5), p99_ms: at(0.99), ...failure };
  }

  #check(number: number, answer: HttpAnswer | Error): void {
    if (answer instanceof Error) this.failure ??= answer.message;
    else if (answer.status !== 200 || answer.body !== answerText(number))
      this.failure ??= `call ${number}: ${answer.status} ${answer.body.slice(0, 500)}`;
  }
}

function closedLoop({ name, connections, ms }: ClosedOrder): Promise<Outcome> {
  const target = targetOf(name);
  const run = new Run(target);
  const started = performance.now();
  let open = connections;
  return new Promise((resolve) => {
    for (let index = 0; index < connections; index++) {
      const connection = new Connection(target.port);
      const next = (): void => {
        const now = performance.now();
        if (now - started < ms && run.failure === undefined) {
          run.call(connection, now, next);
          return;
        }
        connection.close();
        open -= 1;
        if (open === 0) resolve(run.outcome(started));
      };
      next();
    }
  });
}

function openLoop({ name, rate, ms }: OpenOrder): Promise<Outcome> {
  const target = targetOf(name);
  const run = new Run(target);
  const idle = Array.from({ length: OPEN_CONNECTIONS }, () => new Connection(target.port));
  const late: number[] = [];
  const every = 1000 / rate;
  const wanted = Math.floor(ms / every);
  const started = performance.now() + 20;
  let due = 0;
  let under = 0;
  return new Promise((resolve) => {
    const send = (connection: Connection, at: number): void => {
      under += 1;
      run.call(connection, at, () => {
        under -= 1;
        const waiting = late.shift();
        if (waiting !== undefined) send(connection, waiting);
        else idle.push(connection);
        if (due < wanted || under > 0) return;
        for (const each of idle) each.close();
        resolve(run.outcome(started));
      });
    };
    const step = (): void => {
      const now = performance.now();
      while (due < wanted && started + due * every <= now) {
        const at = started + due * every;
        due += 1;
        const connection = idle.pop();
        if (connection === undefined) late.push(at);
        else send(connection, at);
      }
      if (due >= wanted) return;
      if (started + due * every - now > SPIN_MS) setTimeout(step, 1);
      else setImmediate(step);
    };
    step();
  });
}

function targetOf(name: string): Target {
  const target = targets.get(name);
  if (target === undefined) throw new Error(`there is no target "${name}"`);
  return target;
}

function carryOut(order: Order): Promise<Outcome> {
  if (order.kind === "target") return openTarget(order);
  return order.kind === "closed" ? closedLoop(order) : openLoop(order);
}

process.on("message", (order: Order) => {
  carryOut(order).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) => process.send?.({ calls: 0, ms: 0, p50_ms: 0, p99_ms: 0, failure: String(error) } satisfies Outcome),
  );
});

tell({ ready: true });
