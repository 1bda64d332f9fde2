import type { methods, Revision, serverMessages } from "../../../src/core/methods.ts";

type Name = keyof typeof methods | keyof typeof serverMessages;

interface Feature {
  readonly what: string;
  /** Messages that do it; the revisions come from the table of methods. */
  readonly by: readonly Name[];
  /** Where it is no matter of messages. */
  readonly fixed?: Readonly<Partial<Record<Revision, string>>>;
}

const inSessions = (text: string) => ({ "2025-03-26": text, "2025-06-18": text, "2025-11-25": text });

/** What there is for a client, by what the revision calls it. */
export const features: readonly Feature[] = [
  { what: "opening", by: ["initialize", "server/discover"] },
  { what: "tools", by: ["tools/list", "tools/call"] },
  { what: "resources and templates", by: ["resources/list", "resources/templates/list", "resources/read"] },
  { what: "prompts", by: ["prompts/list", "prompts/get"] },
  { what: "completion", by: ["completion/complete"] },
  {
    what: "changes of resources",
    by: ["resources/subscribe", "resources/unsubscribe", "subscriptions/listen"],
  },
  {
    what: "changes of lists",
    by: ["subscriptions/listen"],
    fixed: inSessions("on the stream of a GET"),
  },
  { what: "progress", by: ["notifications/progress"] },
  {
    what: "cancellation",
    by: ["notifications/cancelled"],
    fixed: { "2026-07-28": "the connection is closed" },
  },
  { what: "log messages", by: ["logging/setLevel"], fixed: { "2026-07-28": "`_meta` of the request" } },
  { what: "ping", by: ["ping"] },
  { what: "elicitation, form", by: ["elicitation/create"] },
  {
    what: "elicitation, URL",
    by: ["elicitation/create"],
    fixed: { "2025-03-26": "-", "2025-06-18": "-" },
  },
  { what: "elicitation, told when it is done", by: ["notifications/elicitation/complete"] },
  { what: "sampling", by: ["sampling/createMessage"] },
  {
    what: "sampling with tools",
    by: ["sampling/createMessage"],
    fixed: { "2025-03-26": "-", "2025-06-18": "-" },
  },
  { what: "roots", by: ["roots/list"] },
  {
    what: "questions reach the client",
    by: [],
    fixed: { ...inSessions("on the stream of the call"), "2026-07-28": "as `input_required`, answered with the repeated request" },
  },
  { what: "tasks", by: ["tasks/get", "tasks/update", "tasks/cancel"], fixed: { "2025-11-25": "driven by the gateway" } },
  {
    what: "streams that can be resumed",
    by: [],
    fixed: { ...inSessions("`Last-Event-ID`"), "2026-07-28": "-" },
  },
  {
    what: "caching fields, `resultType`",
    by: [],
    fixed: { ...inSessions("-"), "2026-07-28": "yes" },
  },
  {
    what: "`Mcp-Method`, `Mcp-Name`, `Mcp-Param-*`",
    by: [],
    fixed: { ...inSessions("-"), "2026-07-28": "compared with the body" },
  },
  { what: "batches", by: [], fixed: { "2025-03-26": "refused" } },
];
