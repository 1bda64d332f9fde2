import { err, ok, type Result } from "../../core/result.ts";
import type { Logger } from "../../platform/logger.ts";
import { hostBuiltins } from "./builtins/index.ts";
import { type CompiledPolicy, compilePolicy } from "./compiled-policy.ts";
import { Evaluator } from "./evaluator.ts";
import type { PolicyFailure, PolicyUnusable } from "./failure.ts";
import { type AnswerOf, Judge, type Judged, refusalOf } from "./judge.ts";
import { type Entrypoint, entrypoints, type Load, type Policy, type PolicyLimits, type PolicySource } from "./policy.ts";
import { WorkerPool } from "./worker-pool.ts";

/** A policy whose evaluations can be timed, as activation does it. */
export interface MeasurablePolicy extends Policy {
  /** Evaluates in a worker, up to `runs` times, five by default. `ms` is the quickest run: whatever else the machine does only adds to it. */
  measure<E extends Entrypoint>(entrypoint: E, input: string, runs?: number): Promise<Measured<E>>;
}

export interface Measured<E extends Entrypoint> {
  readonly answer: AnswerOf[E];
  readonly failure?: PolicyFailure;
  /** Milliseconds; the time limit where it was reached. */
  readonly ms: number;
}

const MEASURED_RUNS = 5;
const TIMED_OUT_ATTEMPTS = 5;
/** What may run on the main thread: nothing in it is large enough to be iterated over for long. */
const LARGEST_HERE = 16_384;
const WIDEST_HERE = 256;

/** Compiles the module once, checks that everything it needs is there, and makes it ready to be asked. */
export async function createPolicy(
  source: PolicySource,
  limits: PolicyLimits,
  logger: Logger,
): Promise<Result<MeasurablePolicy, PolicyUnusable>> {
  const compiled = await compilePolicy(source, limits);
  if (!compiled.ok) return compiled;
  const evaluator = instantiate(compiled.value);
  if (!evaluator.ok) return evaluator;
  const missing = whatIsMissing(evaluator.value);
  if (missing !== undefined) return err(missing);
  return ok(new WasmPolicy(evaluator.value, new WorkerPool(compiled.value, limits, logger), limits, logger));
}

function instantiate(compiled: CompiledPolicy): Result<Evaluator, PolicyUnusable> {
  try {
    JSON.parse(compiled.data);
  } catch {
    return err({ code: "policy.invalid_data", detail: "the bundle's data is no JSON" });
  }
  try {
    return ok(new Evaluator(compiled));
  } catch (error) {
    return err({ code: "policy.invalid_module", detail: error instanceof Error ? error.message : "the module cannot be instantiated" });
  }
}

function whatIsMissing(evaluator: Evaluator): PolicyUnusable | undefined {
  const points = entrypoints.filter((name) => !evaluator.entrypoints.has(name));
  if (points.length > 0) return { code: "policy.missing_entrypoint", detail: `the module has no entrypoint ${points.join(", ")}` };
  const builtins = evaluator.builtins.filter((name) => !hostBuiltins.has(name)).sort();
  if (builtins.length === 0) return undefined;
  return { code: "policy.missing_builtin", detail: `the module needs ${builtins.join(", ")}, which the gateway does not have` };
}

class WasmPolicy implements MeasurablePolicy {
  readonly #judge: Judge;
  readonly #pool: WorkerPool;
  readonly #limits: PolicyLimits;
  readonly #logger: Logger;

  constructor(evaluator: Evaluator, pool: WorkerPool, limits: PolicyLimits, logger: Logger) {
    this.#judge = new Judge(evaluator);
    this.#pool = pool;
    this.#limits = limits;
    this.#logger = logger;
  }

  async decide(input: string, load: Load): Promise<AnswerOf["toolgate/decide"]> {
    if (!isLight(input, load)) return this.#ask("toolgate/decide", input, load);
    const { answer, failure } = this.#judge.decide(input);
    if (failure !== undefined) this.#report("toolgate/decide", failure);
    return answer;
  }

  discover(input: string, load: Load): Promise<AnswerOf["toolgate/discover"]> {
    return this.#ask("toolgate/discover", input, load);
  }

  inspect(input: string, load: Load): Promise<AnswerOf["toolgate/inspect"]> {
    return this.#ask("toolgate/inspect", input, load);
  }

  admit(input: string, load: Load): Promise<AnswerOf["toolgate/admit"]> {
    return this.#ask("toolgate/admit", input, load);
  }

  mask(input: string, load: Load): Promise<AnswerOf["toolgate/mask"]> {
    return this.#ask("toolgate/mask", input, load);
  }

  async measure<E extends Entrypoint>(entrypoint: E, input: string, runs: number = MEASURED_RUNS): Promise<Measured<E>> {
    for (let attempt = 1; ; attempt++) {
      const done = await this.#pool.run({ entrypoint, input, runs });
      if (done.ok) return { ...done.value.judged, ms: done.value.ms };
      // A busy machine can hold any evaluation up for once; a policy that is too slow is so every time.
      if (done.error.code !== "policy.timeout" || attempt === TIMED_OUT_ATTEMPTS)
        return { ...refusalOf(entrypoint, done.error), ms: this.#limits.timeoutMs };
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #ask<E extends Entrypoint>(entrypoint: E, input: string, load: Load): Promise<AnswerOf[E]> {
    const { answer, failure } = isLight(input, load) ? this.#judge.judge(entrypoint, input) : await this.#askWorker(entrypoint, input);
    if (failure !== undefined) this.#report(entrypoint, failure);
    return answer;
  }

  async #askWorker<E extends Entrypoint>(entrypoint: E, input: string): Promise<Judged<E>> {
    const done = await this.#pool.run({ entrypoint, input, runs: 1 });
    return done.ok ? done.value.judged : refusalOf(entrypoint, done.error);
  }

  #report(entrypoint: Entrypoint, failure: PolicyFailure): void {
    this.#logger.warn({ entrypoint, code: failure.code, detail: failure.detail }, "policy gave no usable answer");
  }
}

function isLight(input: string, load: Load): boolean {
  if (load.nested || load.widest > WIDEST_HERE || input.length > LARGEST_HERE) return false;
  return Buffer.byteLength(input) <= LARGEST_HERE;
}
