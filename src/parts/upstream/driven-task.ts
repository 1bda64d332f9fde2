import { checkJson, resultLimits, topLevelSpans } from "../../core/json/index.ts";
import type { Question, QuestionAnswer } from "../../core/question.ts";
import { ok, type Result } from "../../core/result.ts";
import { isMembers, type Members, parsed } from "./answer.ts";
import { type Failed, failed } from "./failure.ts";
import { errorBody, requestBody } from "./messages.ts";
import { OpenRequest } from "./open-request.ts";
import { lostSession, outcomeOf } from "./status.ts";
import type { Answered } from "./stream-exchange.ts";
import type { Progress, UpstreamFailure } from "./upstream.ts";
import type { Link, Schedule, Wire, WireAnswer, WireRequest } from "./wire.ts";

export interface Driving {
  readonly wire: Wire;
  readonly link: Link;
  readonly schedule: Schedule;
  readonly nextId: () => number;
  /** Whether the link still holds. */
  readonly stands: () => boolean;
  /** The server no longer knows the session of the link. */
  readonly onLost: () => void;
}

interface Task {
  readonly id: string;
  readonly status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  readonly message: string | undefined;
  readonly pollMs: number;
}

const POLL_MS = 1_000;
const POLL_MIN_MS = 100;
const POLL_MAX_MS = 5_000;
/** What is said of a task, apart from its result. */
const STATE_BYTES = 65_536;
const CANCEL_MS = 5_000;
const MAX_ID_BYTES = 1_024;
/** A request of a task ends with the call; a deadline of its own would run while somebody is asked. */
const NEVER_MS = 2_147_483_647;
const RELATED = "io.modelcontextprotocol/related-task";

const INVALID_REQUEST = -32600;
const INTERNAL = -32603;

/**
 * Carries out a call that its server makes a task of (2025-11-25): looks after the task until it has a result, which
 * answers the call. One that is answered at once, or refused, is so. The deadline of the call is that of the whole.
 */
export function driveTask(request: WireRequest, driving: Driving): Promise<Answered> {
  const { onProgress } = request;
  let own = false;
  let steps = 0;
  const told = (progress: Progress) => {
    own = true;
    onProgress?.(progress);
  };
  // Where the server counts its own steps, ours would run against them.
  const onStatus = (message: string) => {
    if (!own) onProgress?.({ progress: ++steps, message });
  };
  return new DrivenTask({ ...request, onProgress: onProgress && told }, driving, onStatus).run();
}

/** The whole call as one open request: its deadline stands still while a question is open, whichever request it came with. */
class DrivenTask extends OpenRequest {
  readonly #driving: Driving;
  readonly #onStatus: (message: string) => void;
  readonly #release: (late: boolean) => void;
  readonly #abort = new AbortController();
  #dispatched = false;
  #taskId: string | undefined;
  #message: string | undefined;
  #questions = 0;
  #wake: (() => void) | undefined;
  #stopped: Failed | undefined;

  constructor(request: WireRequest, driving: Driving, onStatus: (message: string) => void) {
    super(request);
    this.#driving = driving;
    this.#onStatus = onStatus;
    this.#release = driving.wire.hold(this);
    request.signal?.addEventListener("abort", this);
  }

  expire(): void {
    this.#stop("upstream.timeout", `no result of the task within ${this.request.timeoutMs} ms`);
  }

  /** The caller's signal. */
  handleEvent(): void {
    this.#stop("upstream.cancelled", "the caller gave up");
  }

  async run(): Promise<Answered> {
    try {
      const first = await this.#send({});
      if (!first.ok) return first;
      const made = madeTask(first.value, this.request.id);
      if (made === undefined) return first;
      return made.ok ? await this.#follow(made.value) : made;
    } finally {
      this.close();
      this.request.signal?.removeEventListener("abort", this);
      this.#release(this.#stopped !== undefined && this.#dispatched);
    }
  }

  async #follow(made: Task): Promise<Answered> {
    this.#taskId = made.id;
    for (let task = made; ; ) {
      this.#tell(task.message);
      if (task.status === "cancelled") return ok(cancelledAnswer(task, this.request.id));
      // While input is wanted, questions come with the result, which is waited for then.
      if (task.status !== "working") return this.#result(task.id);
      await this.#wait(task.pollMs);
      const next = await this.#poll(task.id);
      if (!next.ok) return next;
      task = next.value;
    }
  }

  async #poll(taskId: string): Promise<Result<Task, UpstreamFailure>> {
    const id = this.#driving.nextId();
    const answer = await this.#ask(id, "tasks/get", taskId, STATE_BYTES);
    if (!answer.ok) return answer;
    const outcome = outcomeOf(answer.value, id);
    if (!outcome.ok) return outcome;
    if (outcome.value.kind === "error") return invalid(`tasks/get was answered with error ${outcome.value.error.code}`);
    const task = taskOf(outcome.value.result);
    return task.ok && task.value.id !== taskId ? invalid("tasks/get was answered with another task") : task;
  }

  async #result(taskId: string): Promise<Answered> {
    const id = this.#driving.nextId();
    const answer = await this.#ask(id, "tasks/result", taskId, this.request.maxBytes);
    return answer.ok ? ok({ ...withoutTask(answer.value), id }) : answer;
  }

  async #ask(id: number, method: string, taskId: string, maxBytes: number): Promise<Answered> {
    const { link, stands, onLost } = this.#driving;
    if (this.#stopped === undefined && !stands()) return failed("upstream.unavailable", "the link to the server was lost", true);
    const answer = await this.#send({ id, method, body: taskBody(id, method, taskId), maxBytes, onDispatch: undefined });
    if (!answer.ok) return failed(answer.error.code, answer.error.detail, true);
    if (!lostSession(answer.value, link)) return answer;
    onLost();
    return failed("upstream.unavailable", "the server no longer knows the session", true);
  }

  async #send(over: Partial<WireRequest>): Promise<Answered> {
    if (this.#stopped !== undefined) return this.#stopped;
    const { request } = this;
    const answer = await this.#driving.wire.request({
      ...request,
      onDispatch: () => {
        this.#dispatched = true;
        request.onDispatch?.();
      },
      ...over,
      progressToken: request.id,
      timeoutMs: NEVER_MS,
      signal: this.#abort.signal,
      onQuestion: request.onQuestion && ((question) => this.#question(question)),
      ofClient: false,
    });
    return this.#stopped ?? answer;
  }

  /** A question that came on the stream of one of the requests: it stops the clock of the whole. */
  async #question(question: Question): Promise<QuestionAnswer> {
    const { onQuestion } = this.request;
    const id = `task ${++this.#questions}`;
    if (onQuestion === undefined || !this.openQuestion(id)) {
      return { kind: "error", error: { code: INVALID_REQUEST, message: "Invalid Request: too many questions in one call" } };
    }
    try {
      return await onQuestion(question);
    } finally {
      this.closeQuestion(id);
    }
  }

  #tell(message: string | undefined): void {
    if (message === undefined || message === this.#message) return;
    this.#message = message;
    this.#onStatus(message);
  }

  #wait(ms: number): Promise<void> {
    if (this.#stopped !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#driving.schedule(resolve, ms);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #stop(code: UpstreamFailure["code"], detail: string): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = failed(code, detail, this.#dispatched);
    this.close();
    this.#abort.abort();
    this.#wake?.();
    if (this.#taskId !== undefined && this.#driving.link.tasks?.cancel === true) this.#cancel(this.#taskId);
  }

  /** Nobody waits for what comes of it. */
  #cancel(taskId: string): void {
    const { wire, nextId, link } = this.#driving;
    const { credential, headers } = this.request;
    const [id, method] = [nextId(), "tasks/cancel"];
    const body = taskBody(id, method, taskId);
    void wire.request({ id, method, body, link, credential, headers, maxBytes: STATE_BYTES, timeoutMs: CANCEL_MS });
  }
}

function taskBody(id: number, method: string, taskId: string): string {
  return requestBody(id, method, `"taskId":${JSON.stringify(taskId)}`, "");
}

/** The task that the server made of the call; undefined if it made none. */
function madeTask(answer: WireAnswer, id: number): Result<Task, UpstreamFailure> | undefined {
  const outcome = outcomeOf(answer, id);
  if (!outcome.ok || outcome.value.kind === "error") return undefined;
  const { task } = outcome.value.result;
  return task === undefined ? undefined : taskOf(task);
}

function taskOf(task: unknown): Result<Task, UpstreamFailure> {
  if (!isMembers(task)) return invalid("the task is no object");
  const { taskId, status, statusMessage, pollInterval } = task;
  if (typeof taskId !== "string" || taskId === "" || Buffer.byteLength(taskId) > MAX_ID_BYTES) {
    return invalid(`the task has no id of at most ${MAX_ID_BYTES} bytes`);
  }
  if (!isStatus(status)) return invalid(`the task has the status ${(JSON.stringify(status) ?? "undefined").slice(0, 40)}`);
  const message = typeof statusMessage === "string" ? statusMessage : undefined;
  const wanted = typeof pollInterval === "number" ? pollInterval : POLL_MS;
  return ok({ id: taskId, status, message, pollMs: Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, wanted)) });
}

const statuses: readonly unknown[] = ["working", "input_required", "completed", "failed", "cancelled"] satisfies Task["status"][];

function isStatus(status: unknown): status is Task["status"] {
  return statuses.includes(status);
}

/** A task that the server gave up has no result; the call is answered in the words of the server, as far as it has some. */
function cancelledAnswer({ message }: Task, id: number): WireAnswer {
  const text = errorBody(String(id), INTERNAL, message === undefined ? "The task was cancelled" : `The task was cancelled: ${message}`);
  return { status: 0, bytes: Buffer.byteLength(text), text, message: parsed(text) };
}

/** The result says which task it is of. Clients have no tasks of such servers, so they are not told; the rest stays to the letter. */
function withoutTask(answer: WireAnswer): WireAnswer {
  const { message } = answer;
  const result = isMembers(message) && isMembers(message.result) ? message.result : undefined;
  const meta = isMembers(result?._meta) ? result._meta : undefined;
  // A text that cannot be taken apart without doubt is left for the reader, who refuses it.
  if (meta?.[RELATED] === undefined || checkJson(answer.text, resultLimits) !== undefined) return answer;
  const text = edited(answer.text, "result", (inner) => edited(inner, "_meta", (members) => edited(members, RELATED, () => undefined)));
  return text === undefined ? answer : { ...answer, text, message: parsed(text) };
}

/** The object's text with one member changed, or left out; undefined if nothing is left. */
function edited(text: string, key: string, change: (value: string) => string | undefined): string | undefined {
  const members: string[] = [];
  for (const [name, { start, end }] of topLevelSpans(text)) {
    const value = text.slice(start, end);
    const kept = name === key ? change(value) : value;
    if (kept !== undefined) members.push(`${JSON.stringify(name)}:${kept}`);
  }
  return members.length === 0 ? undefined : `{${members.join(",")}}`;
}

/** Whether a tool's definition says that a call of it must become a task. */
export function needsTask(definition: Members | undefined): boolean {
  return isMembers(definition?.execution) && definition.execution.taskSupport === "required";
}

function invalid(detail: string): Failed {
  return failed("upstream.invalid_answer", detail, true);
}
