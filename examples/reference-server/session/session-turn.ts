import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  McpError,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";
import type { Offer } from "../offer.ts";
import type { Answers, Asking, Question, Refusal, Turn } from "../turn.ts";

/** Of 2026-07-28, and said in this era too: a client that crosses the eras has to hear it. */
const MISSING_CAPABILITY = -32021;
const MAX_ROUNDS = 8;

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

export interface SessionContext {
  readonly server: Server;
  readonly offer: Offer;
  readonly extra: Extra;
  /** Whether this session wants to hear of what is logged as information. */
  readonly wantsLog: boolean;
}

/** Carries out what may need several rounds: in a session, the client is asked in the middle of the request. */
export async function inRounds<T extends object>(
  context: SessionContext,
  args: Turn["args"],
  round: (turn: Turn) => Promise<T | Asking | Refusal>,
): Promise<T> {
  let answers: Answers = {};
  let state: unknown;
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const outcome = await round(turn(context, args, answers, state));
    if (!("kind" in outcome)) return outcome;
    if (outcome.kind === "refuse") throw refused(outcome);
    answers = await askAll(context.extra, outcome.questions).catch((error: unknown) => {
      throw outcome.otherwise !== undefined && error instanceof McpError ? refused(outcome.otherwise) : error;
    });
    state = outcome.state;
  }
  throw new Error("there is no end to the questions");
}

function turn({ server, offer, extra, wantsLog }: SessionContext, args: Turn["args"], answers: Answers, state: unknown): Turn {
  const progressToken = extra._meta?.progressToken;
  return {
    args,
    answers,
    state,
    signal: extra.signal,
    can: (what) => server.getClientCapabilities()?.[what] !== undefined,
    async progress(progress, total) {
      if (progressToken === undefined) return;
      await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress, total } });
    },
    async log(data) {
      if (wantsLog) await extra.sendNotification({ method: "notifications/message", params: { level: "info", data } });
    },
    change: (list) => offer.change(list),
    touch: (uri) => offer.touch(uri),
    hangUp: () => extra.closeSSEStream?.(),
    askNow: (questions) => askAll(extra, questions),
  };
}

async function askAll(extra: Extra, questions: Asking["questions"]): Promise<Answers> {
  const asked = Object.entries(questions).map(async ([key, question]) => [key, await ask(extra, question)] as const);
  return Object.fromEntries(await Promise.all(asked));
}

const answerOf = {
  "sampling/createMessage": CreateMessageResultSchema,
  "elicitation/create": ElicitResultSchema,
  "roots/list": ListRootsResultSchema,
} as const;

function ask(extra: Extra, question: Question): Promise<unknown> {
  // The SDK's requests are mutable and spelled out; ours are plain words of the protocol.
  return extra.sendRequest(structuredClone(question) as ServerRequest, answerOf[question.method]);
}

function refused({ missing }: Refusal): McpError {
  return new McpError(MISSING_CAPABILITY, `The client must declare ${missing}`, { requiredCapabilities: { [missing]: {} } });
}
