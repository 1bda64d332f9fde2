import { error, fixed, setting, words } from "./quoted.ts";

/** What goes from one era to the other, and from the aggregate to a server. */
export const crossings: readonly { readonly what: string; readonly how: string }[] = [
  {
    what: "questions: client with a session, server with sessions",
    how: "The client is asked on the stream of its call, under an id of the gateway; its answer goes to the server, which waits.",
  },
  {
    what: "questions: client with a session, stateless server",
    how: `The server ends the request with \`input_required\`; the client is asked on the stream of its call, and the request goes to the server again with the answers, ${fixed("MOST_ROUNDS")} times at most.`,
  },
  {
    what: "questions: stateless client, server with sessions",
    how: "The call is parked in the replica that made it, and the client gets `input_required` with a sealed `requestState`. Its repeated request goes on with the parked call, through whichever replica it comes.",
  },
  {
    what: "questions: stateless client, stateless server",
    how: "The questions pass with a sealed `requestState` that holds the server's own; nothing is kept. Of the answers only those to questions that were asked go on.",
  },
  {
    what: "elicitation, sampling, roots",
    how: "Each question is judged and recorded on its own, in all four pairs, and told in the words of the client's revision. An answer is read strictly: what no form asked for does not reach the server.",
  },
  {
    what: "URLs that a server wants opened first",
    how: "Error -32042 of a server of 2025-11-25: each address is judged. A client with a session gets the error with them, a stateless one `input_required`, after which its request is sent anew.",
  },
  {
    what: "`notifications/elicitation/complete`",
    how: "Passed on once, and only to the session that was asked exactly this elicitation, in a question or in error -32042: on the stream of its call while that is open, else on its own stream, through whichever replica.",
  },
  {
    what: "capabilities of clients",
    how: "A stateless server is told with each request what its client declared, as far as `asks` and `extensions` of its definition go; a server with sessions is told those once for all.",
  },
  {
    what: "log messages",
    how: "Those on the stream of a request, by the level of the client: `logging/setLevel` in a session, `_meta` in a stateless request. The gateway asks servers with sessions for all, and stateless servers for the client's level.",
  },
  {
    what: "progress",
    how: "Under a token of the gateway towards the server, under the client's own back. A failed or slow client loses none of the call.",
  },
  {
    what: "cancellation",
    how: "`notifications/cancelled` of a client with a session, or the closed connection of a stateless one, becomes whichever of the two the server's revision has. A client with a session that only loses its connection goes on later.",
  },
  {
    what: "changes of resources",
    how: "`resources/subscribe` or `subscriptions/listen` on either side; the gateway subscribes once for all who listen. Each piece of news is judged at its moment for each of them.",
  },
  {
    what: "changes of lists",
    how: `The gateway reads the lists of servers itself (${setting("upstream.refresh_ms", " ms")}, and when one says that they changed). Clients are told when what they may see may have changed, also by a new bundle.`,
  },
  {
    what: "`resultType`, `ttlMs`, `cacheScope`",
    how: `Added for stateless clients, taken out for sessions. Freshness is private to the caller and bounded (${setting("lists.ttl_ms", " ms")}).`,
  },
  {
    what: "error codes",
    how: "A resource that is not there: -32002 in sessions, -32602 in 2026-07-28. Other errors of servers pass as they are.",
  },
  {
    what: "tasks of 2026-07-28",
    how: "Where the server's definition names the extension `io.modelcontextprotocol/tasks` and the client declares it. Task ids are sealed and bound to their principal and door. Each poll is judged as the tool that the task came from, and the result inspected like that tool's.",
  },
  {
    what: "tasks of 2025-11-25",
    how: "Where a tool of a server wants one, the gateway makes the task, polls it and fetches its result: the client gets the plain result of a call.",
  },
  {
    what: "streams",
    how: "A client with a session may come back to any stream with `Last-Event-ID`, also to the answer of a call, at any replica. Towards servers with sessions the gateway does the same.",
  },
  {
    what: "`Mcp-Param-*` headers",
    how: `Those of a stateless client are compared with the arguments as the pinned schema says (${error(-32020, "Bad request: headers and body disagree")}); towards a stateless server the gateway writes them.`,
  },
  { what: "trace context", how: "`traceparent`, from `_meta` or the header, goes to the server in `_meta`." },
  {
    what: "extensions",
    how: "Those that the server's definition names are declared on both sides, at the server's own door; at the aggregate only tasks. Their settings pass, and members of results do. Requests pass where `extension_methods` of the definition names them, judged as targets of kind `extension`.",
  },
  {
    what: "the aggregate",
    how: `Tools and prompts are named \`<server>__<name>\`. URIs stay as they are and go to the server whose entry in \`resources.yaml\` fits most closely. Cursors, request ids and progress tokens are the gateway's own. Cursors of another list are refused: ${words("the cursor belongs to another list, or the list has changed; start again without it")}.`,
  },
];
