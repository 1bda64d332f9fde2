import { error, fixed, reason, setting, words } from "./quoted.ts";

interface Limit {
  readonly what: string;
  readonly limit: string;
  readonly beyond: string;
}

const mebibytes = (name: string, folder?: string) => `${fixed(name, folder) / (1024 * 1024)} MiB`;

/** What one caller, session, call or server may have at once, and what is said beyond it. */
export const limits: readonly Limit[] = [
  {
    what: "times that one call may come back with questions",
    limit: String(fixed("MOST_ROUNDS")),
    beyond: reason("question.too_many"),
  },
  {
    what: "questions of a server with sessions in one call",
    limit: String(fixed("MAX_QUESTIONS", "parts/upstream")),
    beyond: `The server: ${error(-32600, "Invalid Request: too many questions in one call")}`,
  },
  {
    what: "questions in one `input_required` of a server, or of a task",
    limit: String(fixed("MAX_QUESTIONS")),
    beyond: reason("upstream.invalid_answer"),
  },
  {
    what: "questions that one caller may have open",
    limit: `${fixed("MAX_PER_CALLER")} in one replica`,
    beyond: `The server: ${error(-32000, "The client has too many questions to answer already")}`,
  },
  {
    what: "fields of a form, roots of a client, addresses in one -32042",
    limit: `${fixed("MAX_FIELDS")}, ${fixed("MAX_ROOTS")}, ${fixed("MAX_ADDRESSES")}`,
    beyond: `${reason("upstream.invalid_answer")} Too many roots: ${error(-32602, "cannot be used: ")}…`,
  },
  {
    what: "wait for an answer on a stream",
    limit: setting("questions.answer_s", " s"),
    beyond: `${words("The client did not answer in time")} to a server that waits; ${reason("question.abandoned")}`,
  },
  {
    what: "parked calls of one principal",
    limit: `${setting("sessions.parked_per_owner")}, in one replica`,
    beyond: reason("question.parked_limit"),
  },
  {
    what: "time of a parked call and of any `requestState`",
    limit: `${setting("sessions.parked_s", " s")}, and never longer than the token`,
    beyond: `${error(-32602, "the question has expired; start again")}; on record ${reason("question.abandoned")}`,
  },
  {
    what: "`requestState` of a server",
    limit: `${fixed("MAX_STATE_BYTES")} bytes`,
    beyond: reason("upstream.invalid_answer"),
  },
  {
    what: "`requestState` of a client",
    limit: mebibytes("MAX_STATE_LENGTH"),
    beyond: `error -32602, Invalid params: "requestState" must be the text that came with the questions`,
  },
  {
    what: "task id of a server; life of a sealed one",
    limit: `${fixed("MAX_TASK_ID_BYTES")} bytes; the task's \`ttlMs\`, 30 days at most, a day if it has none`,
    beyond: `${reason("upstream.invalid_answer")} ${error(-32602, "Unknown task: it does not exist, or is no longer kept")}`,
  },
  {
    what: "sessions of one principal",
    limit: setting("sessions.max_per_owner"),
    beyond: `status 429, ${words("There are too many open sessions for this principal. End sessions that are no longer used.")}`,
  },
  {
    what: "life of a session",
    limit: `idle ${setting("sessions.idle_timeout_s", " s")}; in all ${setting("sessions.max_age_s", " s")}`,
    beyond: `status 404, ${error(-32001, "Session not found: initialize again")}`,
  },
  {
    what: "open streams for news of one caller",
    limit: `${setting("limits.streams_per_caller")}, in one replica; one a session, the newest`,
    beyond: `status 429, ${words("Too many open streams: close one that is no longer used")}`,
  },
  {
    what: "events that are kept for a client that comes back",
    limit: `${setting("limits.replay_bytes_per_caller", " bytes")} in one replica, ${fixed("MAX_STREAMS_PER_CALLER")} streams, ${fixed("MAX_EVENTS")} events each; ${fixed("LINGER_MS") / 1000} s after its reader left`,
    beyond: `status 404, ${words("There is no such stream to go on with, or events that were missed are no longer kept; start again without Last-Event-ID")}`,
  },
  {
    what: "what a slow reader may let pile up",
    limit: mebibytes("MAX_BACKLOG_BYTES"),
    beyond: "The connection is closed; a session may come back to it.",
  },
  {
    what: "resources whose changes are watched",
    limit: `${setting("sessions.subscriptions_per_session")} a session; ${setting("limits.watched_per_caller")} a caller in one replica`,
    beyond: `status 429, ${words("Too many watched resources: ")}…`,
  },
  {
    what: "extensions that a client declares",
    limit: `${fixed("MAX_EXTENSIONS")}, settings of ${fixed("MAX_SETTINGS_LENGTH")} characters each`,
    beyond: "error -32602",
  },
  {
    what: "one message of a client",
    limit: setting("limits.body_bytes", " bytes"),
    beyond: `status 413, ${words("The body is larger than")} …`,
  },
  {
    what: "one answer of a server",
    limit: "`max_result_bytes` of its definition; 1 MiB by default",
    beyond: reason("upstream.too_large"),
  },
  {
    what: "messages of a server beside its answer",
    limit: `${fixed("STREAM_EXTRAS")}, and ${mebibytes("STREAM_EXTRA_BYTES")}; ${fixed("SERVER_REQUESTS")} of them requests`,
    beyond: reason("upstream.invalid_answer"),
  },
  {
    what: "what one server may offer",
    limit: `${setting("upstream.list_max_tools")} of each kind; ${setting("upstream.list_max_pages")} pages; ${setting("upstream.list_max_bytes", " bytes")}`,
    beyond: "Too many tools: the server counts as away. Another list that is too long is left out.",
  },
];
