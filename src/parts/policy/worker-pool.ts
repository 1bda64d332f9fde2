import { Worker } from "node:worker_threads";
import { err, ok, type Result } from "../../core/result.ts";
import type { Logger } from "../../platform/logger.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import type { PolicyFailure } from "./failure.ts";
import type { Judged } from "./judge.ts";
import type { Entrypoint } from "./policy.ts";
import type { Ask, FromWorker, WorkerData } from "./worker-messages.ts";

/** What waits for a worker. More than this is refused, so that a flood of large calls cannot hold the answers of all back. */
const WAITING_PER_WORKER = 32;
/** A thread that does not get ready in this time never will. Milliseconds. */
const START_LIMIT = 10_000;

/** From sources, Node strips the types of `worker.ts`; in the package it stands compiled beside this file. */
const workerFile = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

export interface PoolLimits {
  readonly workers: number;
  readonly timeoutMs: number;
}

export interface Timed<E extends Entrypoint> {
  readonly judged: Judged<E>;
  readonly ms: number;
}

interface Job {
  readonly ask: Ask;
  readonly settle: (outcome: Result<Timed<Entrypoint>, PolicyFailure>) => void;
}

/**
 * Threads for evaluations that may take long. WebAssembly cannot be interrupted, so one that is over its time is ended
 * with its thread, and another one is started. Threads start when they are first needed; one is kept warm.
 */
export class WorkerPool {
  readonly #policy: CompiledPolicy;
  readonly #limits: PoolLimits;
  readonly #logger: Logger;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Job[] = [];
  #closed = false;

  constructor(policy: CompiledPolicy, limits: PoolLimits, logger: Logger) {
    this.#policy = policy;
    this.#limits = limits;
    this.#logger = logger;
    this.#start();
  }

  run<E extends Entrypoint>(ask: Ask<E>): Promise<Result<Timed<E>, PolicyFailure>> {
    if (this.#closed) return Promise.resolve(err({ code: "policy.evaluation_failed", detail: "the policy is closed" }));
    if (this.#waiting.length >= WAITING_PER_WORKER * this.#limits.workers) {
      return Promise.resolve(err({ code: "policy.overloaded", detail: `${this.#waiting.length} evaluations wait` }));
    }
    const { promise, resolve } = Promise.withResolvers<Result<Timed<E>, PolicyFailure>>();
    this.#waiting.push({ ask, settle: (outcome) => resolve(outcome as Result<Timed<E>, PolicyFailure>) });
    this.#serve();
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.settle(err({ code: "policy.evaluation_failed", detail: "the policy is closed" }));
    await Promise.all([...this.#threads].map((thread) => thread.end({ code: "policy.evaluation_failed", detail: "the policy is closed" })));
    this.#threads.clear();
  }

  #start(): void {
    const thread = new Thread(this.#policy, this.#limits.timeoutMs, {
      free: () => this.#serve(),
      gone: (failure) => {
        this.#threads.delete(thread);
        if (this.#closed) return;
        this.#logger.warn({ code: failure.code, detail: failure.detail }, "a policy worker was ended");
        this.#replace(thread);
      },
    });
    this.#threads.add(thread);
  }

  /** A thread that never got ready is not tried again at once: what waited for it is refused instead. */
  #replace(thread: Thread): void {
    if (!thread.wasReady && this.#threads.size === 0) {
      for (const job of this.#waiting.splice(0))
        job.settle(err({ code: "policy.evaluation_failed", detail: "no worker could be started" }));
      return;
    }
    if (this.#threads.size === 0 || this.#waiting.length > 0) this.#start();
    this.#serve();
  }

  #serve(): void {
    for (const thread of this.#threads) {
      if (this.#waiting.length === 0) return;
      if (!thread.isFree) continue;
      const job = this.#waiting.shift();
      if (job !== undefined) thread.take(job);
    }
    const starting = [...this.#threads].filter((thread) => thread.isStarting).length;
    if (this.#waiting.length > starting && this.#threads.size < this.#limits.workers) this.#start();
  }
}

interface ThreadEvents {
  readonly free: () => void;
  readonly gone: (failure: PolicyFailure) => void;
}

class Thread {
  readonly #worker: Worker;
  readonly #timeoutMs: number;
  readonly #events: ThreadEvents;
  #state: "starting" | "free" | "busy" | "gone" = "starting";
  #job: Job | undefined;
  #timer: NodeJS.Timeout;
  wasReady = false;

  constructor(policy: CompiledPolicy, timeoutMs: number, events: ThreadEvents) {
    this.#timeoutMs = timeoutMs;
    this.#events = events;
    const data: WorkerData = { policy };
    // Its own empty environment: no secret of the gateway belongs beside a policy.
    this.#worker = new Worker(workerFile, { workerData: data, env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 256 } });
    this.#worker.unref();
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    this.#worker.on("error", (error) => void this.end({ code: "policy.evaluation_failed", detail: `the worker failed: ${error.message}` }));
    this.#worker.on("exit", () => void this.end({ code: "policy.evaluation_failed", detail: "the worker ended" }));
    this.#timer = this.#within(START_LIMIT, { code: "policy.evaluation_failed", detail: "the worker did not start" });
    this.#timer.unref();
  }

  get isFree(): boolean {
    return this.#state === "free";
  }

  get isStarting(): boolean {
    return this.#state === "starting";
  }

  take(job: Job): void {
    this.#state = "busy";
    this.#job = job;
    this.#worker.ref();
    this.#worker.postMessage(job.ask);
    this.#timer = this.#within(this.#timeoutMs, { code: "policy.timeout", detail: `not done after ${this.#timeoutMs} ms` });
  }

  async end(failure: PolicyFailure): Promise<void> {
    if (this.#state === "gone") return;
    this.#state = "gone";
    clearTimeout(this.#timer);
    this.#job?.settle(err(failure));
    this.#job = undefined;
    this.#events.gone(failure);
    await this.#worker.terminate();
  }

  /** The time is up only if no answer is waiting to be read: a busy main thread sees timer and answer together. */
  #within(ms: number, failure: PolicyFailure): NodeJS.Timeout {
    const job = this.#job;
    const state = this.#state;
    return setTimeout(() => {
      setImmediate(() => {
        if (this.#job === job && this.#state === state) void this.end(failure);
      });
    }, ms);
  }

  #hear(message: FromWorker): void {
    if (this.#state === "gone") return;
    clearTimeout(this.#timer);
    const job = this.#job;
    this.#job = undefined;
    this.#state = "free";
    this.wasReady = true;
    this.#worker.unref();
    if (message.kind === "judged") job?.settle(ok({ judged: message.judged, ms: message.ms }));
    this.#events.free();
  }
}
