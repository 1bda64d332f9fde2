import { cannotCross } from "../../conformance/cannot-cross.ts";
import { error, fixed, reason, words } from "./quoted.ts";

interface Cannot {
  readonly what: string;
  readonly happens: string;
  readonly gets: string;
}

const notThere = error(-32601, "Method not found");
const incapable = error(
  -32021,
  "Missing required client capability: the server wants to ask something that this client did not declare it can answer",
);
const gone = error(-32602, "the call that was waiting is gone; start again");

/** What one side may send and the other cannot have. `gets`: what is said to whom. */
export const cannot: readonly Cannot[] = [
  {
    what: "a question that policy refuses",
    happens: "The client is not asked. An elicitation is declined in the user's place.",
    gets: `A server with sessions that wants a model or roots: error -1, ${words("refused by policy (").slice(0, -1)}dec_…)". The caller of a stateless server: ${reason("question.not_granted")}`,
  },
  {
    what: "a question that the client did not declare",
    happens: `The client is not asked; on record ${reason("question.client_incapable")}`,
    gets: `A server with sessions: ${error(-32601, "the client cannot answer this")}. The caller of a stateless server: ${incapable}`,
  },
  {
    what: "a question to a client with a session whose POST does not accept `text/event-stream`",
    happens: "There is no stream to ask on, so it counts as a client that declared nothing.",
    gets: "as above",
  },
  {
    what: "a question over stdio, over HTTP with SSE, or on the own stream of a session, while other calls run at that server",
    happens: `Nothing says which call it belongs to, so nobody is asked; nor for ${fixed("LATE_MS") / 1000} s after a call was given up. On the stream of its call it can be told over HTTP.`,
    gets: `The server: ${notThere}. A record of kind \`server_request\``,
  },
  {
    what: "a question outside of any call, or in answer to `completion/complete` or a list",
    happens: "Nobody is asked.",
    gets: `The server: ${notThere}; a stateless server's caller: ${reason("upstream.invalid_answer")}`,
  },
  {
    what: "names for the questions of a server with sessions",
    happens: "It gives none; a stateless client gets `q1`, `q2` and so on in `inputRequests`.",
    gets: "those names",
  },
  {
    what: "answers that come before the question, to a server with sessions",
    happens:
      "`inputResponses` without a `requestState` are kept for questions of a stateless server with the same keys, once these were judged. The questions of a server with sessions get their keys from the gateway, so nobody can know them before.",
    gets: "the questions",
  },
  {
    what: "a question to be answered by a task of the client, `includeContext` that the client did not offer",
    happens: "The member is taken out; the client is asked without it.",
    gets: "nothing",
  },
  {
    what: "capabilities of single clients, towards servers with sessions",
    happens:
      "Such a server is opened once for all. It is told what `asks` of its definition allows, and may ask a client that cannot answer.",
    gets: "as for a question that the client did not declare",
  },
  {
    what: "a parked call after its replica ended",
    happens: "What the server was at is lost with the process.",
    gets: gone,
  },
  {
    what: "a `requestState` or a task id of another principal, door or request",
    happens: `It opens for nobody else; on record ${reason("question.state_invalid")} Or ${reason("task.unknown")}`,
    gets: `${error(-32602, "requestState is not one of this request")}, or ${words("Unknown task: it does not exist, or is no longer kept")}`,
  },
  {
    what: "a server that changes its era between questions and answers",
    happens: "The answers are not sent.",
    gets: reason("upstream.unavailable"),
  },
  {
    what: "log messages of servers over stdio and over HTTP with SSE, and those that come on no request's stream",
    happens: "Nothing says whose they are, so nobody gets them.",
    gets: "nothing",
  },
  {
    what: "log messages and words of progress where policy inspects the result",
    happens: "They would leave uninspected. Progress is passed on without its message.",
    gets: "nothing",
  },
  {
    what: "`notifications/roots/list_changed`, progress of clients",
    happens: "Roots are asked for anew each time; progress of a client is passed to no server.",
    gets: "status 202",
  },
  {
    what: "`notifications/elicitation/complete`, where the client or the server has no session",
    happens: "2026-07-28 does not have it: the client repeats its call when its user is done.",
    gets: "nothing",
  },
  {
    what: "changes of resources of a server that offers no subscriptions",
    happens: "The client may subscribe, and hears nothing.",
    gets: "no news",
  },
  {
    what: "tasks, for a client that does not know them",
    happens: "A stateless server is told so and answers as it would without tasks.",
    gets: `If it makes a task all the same: ${reason("upstream.invalid_answer")} For \`tasks/get\`: ${error(-32021, "Missing required client capability: this needs the extension for tasks")}`,
  },
  {
    what: "`tasks/list`, `tasks/result`, a `task` in the parameters of a call (2025-11-25)",
    happens: "Tasks of 2025-11-25 are offered to no client: the gateway drives them. The parameter is not looked at.",
    gets: `The methods: ${notThere}. The call: its plain result`,
  },
  {
    what: "`notifications/tasks`, `taskIds` in `subscriptions/listen`",
    happens: "Tasks are polled. The acknowledgement leaves `taskIds` out.",
    gets: "an acknowledgement without them",
  },
  {
    what: "tasks of clients",
    happens: "Clients of the gateway run no tasks for servers.",
    gets: `The server: ${notThere}`,
  },
  {
    what: "streams of stateless clients, once broken",
    happens: "The revision has no way back: the call is cancelled. There is no GET.",
    gets: `status 405, ${words("Method not allowed")}`,
  },
  {
    what: "batches of 2025-03-26",
    happens: "Refused before anything of them is read.",
    gets: error(-32600, "Invalid request: batches are not accepted, send one message at a time"),
  },
  {
    what: "a response sent as 2026-07-28",
    happens: "The revision has questions in results only.",
    gets: error(-32600, "Invalid request: a response was sent, but this revision has questions in results only"),
  },
  {
    what: "extensions, and requests of extensions, that the server's definition does not name; their notifications",
    happens: "Neither declared nor passed on.",
    gets: notThere,
  },
  {
    what: "requests of extensions, at the aggregate",
    happens: "One name may mean two things to two servers.",
    gets: error(-32601, "Methods of extensions are called at the door of their server, not here"),
  },
  {
    what: "requests of extensions, from a client that did not declare the extension",
    happens: `Not passed on; on record ${reason("extension.undeclared")}`,
    gets: `${error(-32021, "Missing required client capability: this needs an extension that this client did not declare")}; in a session, which has no such error, -32601`,
  },
  {
    what: "questions, and addresses to open, during a request of an extension",
    happens: "The client is not asked. A server with sessions is answered an error and goes on.",
    gets: `From a server that cannot go on: ${reason("upstream.invalid_answer")}`,
  },
  {
    what: "`_meta` of clients, but for what stands above; experimental capabilities; `tracestate`, `baggage`",
    happens: "Not passed on: nobody could judge it.",
    gets: "nothing",
  },
  {
    what: "`instructions` and names of servers at the opening",
    happens:
      "The door is the gateway's own, and it has no instructions. Texts of servers that a model reads are pinned; these have no pin.",
    gets: "`serverInfo` of the gateway",
  },
  {
    what: "two servers that own a URI or a template alike, names that are too long with the server's in front",
    happens: "Not at the aggregate; each server's own door has them.",
    gets: reason("resource.unknown"),
  },
  {
    what: "a client of 2024-11-05, HTTP with SSE towards clients",
    happens: "Not offered. Its `initialize` is answered with 2025-11-25, and it goes on or not.",
    gets: "`protocolVersion` 2025-11-25",
  },
];

/** Scenarios of the official suite that show some of it. */
export function conformance(): readonly (readonly [string, string])[] {
  return Object.values(cannotCross).flatMap((scenarios) =>
    Object.entries<string>(scenarios).map(([name, why]): [string, string] => [`\`${name}\``, why]),
  );
}
