import type { IncomingHttpHeaders } from "node:http";
import type { Offer } from "../offer.ts";
import type { ReferenceTool } from "../tools/index.ts";
import { isRecord, type Turn } from "../turn.ts";
import { TASKS, Task, TaskStore } from "./task-store.ts";

const META = "io.modelcontextprotocol/";
const HEADER_MISMATCH = -32020;
const MISSING_CAPABILITY = -32021;
const INVALID_PARAMS = -32602;

type Params = Readonly<Record<string, unknown>>;
type Outcome =
  | { readonly result: object }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: object } };

/**
 * The tasks extension (SEP-2663), which the SDK does not have: `tasks/*`, and calls of tools that become tasks. Everything
 * else is none of its business and is left to the SDK.
 */
export class TaskDoor {
  readonly #offer: Offer;
  readonly #tasks = new TaskStore();

  constructor(offer: Offer) {
    this.#offer = offer;
  }

  /** The answer as a JSON-RPC message, or nothing. */
  async answer(headers: IncomingHttpHeaders, body: unknown): Promise<{ readonly status: number; readonly message: object } | undefined> {
    if (!isRecord(body) || !isRecord(body.params)) return undefined;
    const { id, method, params } = body;
    const work = this.#workFor(method, params);
    if (work === undefined || !isRecord(params._meta) || headers["mcp-protocol-version"] !== params._meta[`${META}protocolVersion`])
      return undefined;
    const name = method === "tools/call" ? params.name : params.taskId;
    const outcome = headers["mcp-method"] === method && headers["mcp-name"] === name ? await work() : mismatch;
    const stamp = { _meta: { [`${META}serverInfo`]: { name: "reference-server", version: "1.0.0" } } };
    if ("error" in outcome)
      return { status: outcome.error.code === INVALID_PARAMS ? 200 : 400, message: { jsonrpc: "2.0", id, ...outcome } };
    return { status: 200, message: { jsonrpc: "2.0", id, result: { resultType: "complete", ...outcome.result, ...stamp } } };
  }

  close(): void {
    this.#tasks.close();
  }

  #workFor(method: unknown, params: Params): (() => Promise<Outcome>) | undefined {
    const declared = hasExtension(params);
    if (method === "tools/call") {
      const tool = this.#offer.tools.find(({ name }) => name === params.name);
      if (tool?.task === undefined || (tool.task === "optional" && !declared)) return undefined;
      return async () => (declared ? this.#begin(tool, params) : undeclared);
    }
    if (method !== "tasks/get" && method !== "tasks/update" && method !== "tasks/cancel") return undefined;
    return async () => (declared ? this.#about(method, params) : undeclared);
  }

  #about(method: "tasks/get" | "tasks/update" | "tasks/cancel", params: Params): Outcome {
    const task = this.#tasks.find(params.taskId);
    if (task === undefined) return { error: { code: INVALID_PARAMS, message: "Task not found" } };
    if (method === "tasks/get") return { result: task.detail };
    if (method === "tasks/cancel") task.cancel();
    else task.answer(isRecord(params.inputResponses) ? params.inputResponses : {});
    return { result: {} };
  }

  #begin(tool: ReferenceTool, params: Params): Outcome {
    const quiet = { state: undefined, can: () => true, progress: async () => {}, log: async () => {}, hangUp: () => {} };
    const turn: Turn = {
      ...quiet,
      args: isRecord(params.arguments) ? params.arguments : {},
      answers: isRecord(params.inputResponses) ? params.inputResponses : {},
      signal: new AbortController().signal,
      change: (list) => this.#offer.change(list),
      touch: (uri) => this.#offer.touch(uri),
    };
    const first = tool.before?.(turn);
    if (first !== undefined) return { result: { resultType: "input_required", inputRequests: first.questions } };
    const task = new Task(async ({ signal, ask }) => {
      const outcome = await this.#offer.run(tool.name, signal, () => tool.run({ ...turn, signal, askNow: ask }));
      if ("kind" in outcome) throw new Error(`"${tool.name}" asks where it cannot`);
      return outcome;
    });
    return { result: { resultType: "task", ...this.#tasks.keep(task).summary } };
  }
}

const undeclared: Outcome = {
  error: {
    code: MISSING_CAPABILITY,
    message: `The client must declare the extension ${TASKS}`,
    data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
  },
};

const mismatch: Outcome = { error: { code: HEADER_MISMATCH, message: "Mcp-Method or Mcp-Name does not say what the body says" } };

function hasExtension({ _meta }: Params): boolean {
  const capabilities = isRecord(_meta) ? _meta[`${META}clientCapabilities`] : undefined;
  return isRecord(capabilities) && isRecord(capabilities.extensions) && TASKS in capabilities.extensions;
}
