import { checkJson, requestLimits } from "../../core/json/index.ts";
import type { Question, QuestionAnswer } from "../../core/question.ts";
import type { ServerDefinition } from "../../core/server.ts";
import { permittedQuestion, questionParams } from "./capabilities.ts";
import { errorBody, resultBody } from "./messages.ts";
import type { ServerRequest, UpstreamCall } from "./upstream.ts";
import type { Asked } from "./wire.ts";

export interface QuestionsOptions {
  readonly server: ServerDefinition;
  /** A request that nobody may answer. */
  readonly onRefused: (request: ServerRequest) => void;
  readonly onFault: (error: unknown) => void;
}

const METHOD_LENGTH = 128;
const ID_LENGTH = 256;

const INVALID_REQUEST = -32600;
const NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL = -32603;

type Answerer = NonNullable<UpstreamCall["onQuestion"]>;

/** What a request was found to be: a question to ask, or one that is answered at once. */
type Verdict = { readonly question: Question; readonly answerer: Answerer } | { readonly reply: string };

/** Requests of a server: a question is put to the client whose call it belongs to, everything else is refused here. */
export class Questions {
  readonly #options: QuestionsOptions;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  take(asked: Asked): void {
    const id = idOf(asked.message.id);
    if (id === undefined) {
      asked.answer(errorBody("null", INVALID_REQUEST, "Invalid Request: the id is no string and no number"));
      return;
    }
    const verdict = asked.message.method === "ping" ? { reply: resultBody(id, {}) } : this.#judge(asked, id);
    if ("reply" in verdict) asked.answer(verdict.reply);
    else void this.#ask(asked, id, verdict.question, verdict.answerer);
  }

  #judge({ message, text, during }: Asked, id: string): Verdict {
    const { server, onRefused } = this.#options;
    const method = permittedQuestion(server, message.method);
    const answerer = during?.request.onQuestion;
    if (method === undefined || during === undefined || answerer === undefined) {
      onRefused({ server: server.id, method: String(message.method).slice(0, METHOD_LENGTH) });
      return { reply: errorBody(id, NOT_FOUND, "Method not found") };
    }
    // What is judged is what is passed on: a text that two readers understand differently is neither.
    const fault = checkJson(text, requestLimits);
    if (fault !== undefined) return { reply: errorBody(id, INVALID_REQUEST, `Invalid Request: ${fault.detail}`) };
    const params = questionParams(method, message.params);
    if (params === undefined) return { reply: errorBody(id, INVALID_PARAMS, `Invalid params: ${method} needs an object`) };
    if (!during.openQuestion(id)) return { reply: errorBody(id, INVALID_REQUEST, "Invalid Request: too many questions in one call") };
    return { question: { method, params }, answerer };
  }

  async #ask({ during, answer }: Asked, id: string, question: Question, answerer: Answerer): Promise<void> {
    let body: string;
    try {
      body = bodyOf(id, await answerer(question));
    } catch (error) {
      this.#options.onFault(error);
      body = errorBody(id, INTERNAL, "Internal error");
    }
    if (during?.closeQuestion(id) === true) answer(body);
  }
}

function bodyOf(id: string, answer: QuestionAnswer): string {
  return answer.kind === "result" ? resultBody(id, answer.result) : errorBody(id, answer.error.code, answer.error.message);
}

/** The id as JSON text. */
export function idOf(id: unknown): string | undefined {
  if (typeof id === "string") return id.length <= ID_LENGTH ? JSON.stringify(id) : undefined;
  return typeof id === "number" && Number.isFinite(id) ? JSON.stringify(id) : undefined;
}
