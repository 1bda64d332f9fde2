import { randomUUID } from "node:crypto";
import type { ToolResult } from "../tools/index.ts";
import type { Answers, Asking, Question } from "../turn.ts";

export const TASKS = "io.modelcontextprotocol/tasks";
/** How long a task is kept, and how often a client should look. */
const TTL_MS = 300_000;
const POLL_MS = 100;
const BROKEN = { code: -32603, message: "Internal error" };

type Ending =
  | { readonly status: "completed"; readonly result: ToolResult }
  | { readonly status: "failed"; readonly error: typeof BROKEN }
  | { readonly status: "cancelled" };

/** Work that goes on after its request was answered. */
export class Task {
  readonly id = randomUUID();
  readonly #abort = new AbortController();
  readonly #createdAt = new Date().toISOString();
  #lastUpdatedAt = this.#createdAt;
  #ending: Ending | undefined;
  #open = new Map<string, Question>();
  #answers: Record<string, unknown> = {};
  #onAnswered: (() => void) | undefined;
  #questions = 0;

  /** Begins at once. `ask` parks the work until the client answered every question. */
  constructor(
    work: (task: { readonly signal: AbortSignal; ask(questions: Asking["questions"]): Promise<Answers> }) => Promise<ToolResult>,
  ) {
    work({ signal: this.#abort.signal, ask: (questions) => this.#ask(questions) }).then(
      (result) => this.#end({ status: "completed", result }),
      () => this.#end({ status: "failed", error: BROKEN }),
    );
  }

  /** The members that every answer about a task has. */
  get summary() {
    const status = this.#ending?.status ?? (this.#open.size > 0 ? "input_required" : "working");
    const times = { createdAt: this.#createdAt, lastUpdatedAt: this.#lastUpdatedAt };
    return { taskId: this.id, status, ...times, ttlMs: TTL_MS, pollIntervalMs: POLL_MS };
  }

  get detail() {
    const open = this.#ending === undefined && this.#open.size > 0 ? { inputRequests: Object.fromEntries(this.#open) } : {};
    const { result, error } = { result: undefined, error: undefined, ...this.#ending };
    // A result inside of a task carries its type as it would outside.
    const ended = {
      ...(result === undefined ? {} : { result: { resultType: "complete", ...result } }),
      ...(error === undefined ? {} : { error }),
    };
    return { ...this.summary, ...open, ...ended };
  }

  /** Answers to questions that are open; others mean nothing. */
  answer(answers: Answers): void {
    for (const [key, answer] of Object.entries(answers)) if (this.#open.delete(key)) this.#answers[key] = answer;
    this.#touch();
    if (this.#open.size === 0) this.#onAnswered?.();
  }

  cancel(): void {
    this.#end({ status: "cancelled" });
    this.#abort.abort();
  }

  async #ask(questions: Asking["questions"]): Promise<Answers> {
    // A key is never used twice within a task.
    const keys = new Map(Object.entries(questions).map(([key]) => [key, `${key}-${++this.#questions}`]));
    this.#open = new Map(Object.entries(questions).map(([key, question]) => [keys.get(key) ?? key, question]));
    this.#touch();
    await new Promise<void>((resolve) => {
      this.#onAnswered = resolve;
    });
    return Object.fromEntries([...keys].map(([key, sent]) => [key, this.#answers[sent]]));
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#touch();
  }

  #touch(): void {
    this.#lastUpdatedAt = new Date().toISOString();
  }
}

/** Tasks by id. They go with the process, or after some time. */
export class TaskStore {
  readonly #tasks = new Map<string, { readonly task: Task; readonly timer: NodeJS.Timeout }>();

  keep(task: Task): Task {
    const timer = setTimeout(() => this.#tasks.delete(task.id), TTL_MS).unref();
    this.#tasks.set(task.id, { task, timer });
    return task;
  }

  find(id: unknown): Task | undefined {
    return typeof id === "string" ? this.#tasks.get(id)?.task : undefined;
  }

  close(): void {
    for (const { task, timer } of this.#tasks.values()) {
      clearTimeout(timer);
      task.cancel();
    }
    this.#tasks.clear();
  }
}
