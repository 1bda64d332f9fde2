// Every message of MCP that can reach the gateway, from either side, and who judges it. What stands here nowhere is refused
// as unknown, but for requests of extensions that a server's definition passes by name (`extension_methods`), which are
// judged as targets of kind `extension`; notifications of extensions are not passed, since nobody could judge them. docs/mcp-support.md and test/core/methods.test.ts are held against this table.

/** Revisions that the gateway speaks. 2024-11-05 only towards servers, over HTTP with SSE. */
export const revisions = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof revisions)[number];

/** What a role grants and a package's `kinds` names: the kinds of target. */
export const targetKinds = ["tool", "resource", "prompt", "completion", "sampling", "elicitation", "roots", "extension"] as const;
export type TargetKind = (typeof targetKinds)[number];

/** Which part of the work judges a message. `none` says why there is nothing to judge. */
export type Judge =
  /** One decision about one target. */
  | { readonly by: "decide"; readonly kind: TargetKind }
  /** One decision about every item of a list. */
  | { readonly by: "discover"; readonly kind: "tool" | "resource" | "prompt" }
  /** Whether the principal may connect. */
  | { readonly by: "admit" }
  /** The decision of the request or stream that it belongs to, and the inspection of its words. */
  | { readonly by: "belonging"; readonly to: string }
  | { readonly by: "none"; readonly because: string };

export interface Method {
  readonly from: "client" | "server";
  readonly kind: "request" | "notification";
  /** First and last revision that have it. */
  readonly since: Revision;
  readonly until: Revision;
  readonly judge: Judge;
}

const ever = { since: "2025-03-26", until: "2026-07-28" } as const;
const sessions = { since: "2025-03-26", until: "2025-11-25" } as const;
const from2025 = { since: "2025-11-25", until: "2025-11-25" } as const;
const stateless = { since: "2026-07-28", until: "2026-07-28" } as const;
const request = { from: "client", kind: "request" } as const;
const notice = { from: "client", kind: "notification" } as const;
const asked = { from: "server", kind: "request" } as const;
const told = { from: "server", kind: "notification" } as const;

const none = (because: string) => ({ by: "none", because }) as const;
const ownRequest = none("it ends a request of the sender itself, and no other can be named");
const listNews = { by: "admit" } as const;

export const methods = {
  initialize: { ...request, ...sessions, judge: { by: "admit" } },
  "server/discover": { ...request, ...stateless, judge: { by: "admit" } },
  ping: { ...request, ...sessions, judge: none("it reaches no server") },
  "tools/list": { ...request, ...ever, judge: { by: "discover", kind: "tool" } },
  "tools/call": { ...request, ...ever, judge: { by: "decide", kind: "tool" } },
  "resources/list": { ...request, ...ever, judge: { by: "discover", kind: "resource" } },
  "resources/templates/list": { ...request, ...ever, judge: { by: "discover", kind: "resource" } },
  "resources/read": { ...request, ...ever, judge: { by: "decide", kind: "resource" } },
  "resources/subscribe": { ...request, ...sessions, judge: { by: "decide", kind: "resource" } },
  "resources/unsubscribe": { ...request, ...sessions, judge: none("it ends a subscription of the sender itself") },
  "prompts/list": { ...request, ...ever, judge: { by: "discover", kind: "prompt" } },
  "prompts/get": { ...request, ...ever, judge: { by: "decide", kind: "prompt" } },
  "completion/complete": { ...request, ...ever, judge: { by: "decide", kind: "completion" } },
  "logging/setLevel": {
    ...request,
    ...sessions,
    judge: none("it chooses what the sender hears of its own requests, and reaches no server"),
  },
  "subscriptions/listen": { ...request, ...stateless, judge: { by: "admit" } },
  // As the extension of 2026-07-28 has them. Those of 2025-11-25 are not offered: the gateway drives tasks of such servers itself.
  "tasks/get": { ...request, ...stateless, judge: { by: "decide", kind: "tool" } },
  "tasks/update": { ...request, ...stateless, judge: { by: "decide", kind: "tool" } },
  "tasks/cancel": { ...request, ...stateless, judge: { by: "decide", kind: "tool" } },
  "tasks/result": { ...request, ...from2025, judge: none("not offered: the gateway drives tasks of 2025-11-25 itself") },
  "tasks/list": { ...request, ...from2025, judge: none("not offered: the gateway drives tasks of 2025-11-25 itself") },
  "notifications/initialized": { ...notice, ...sessions, judge: none("it only follows initialize") },
  "notifications/cancelled": { ...notice, ...ever, judge: ownRequest },
  "notifications/progress": { ...notice, ...ever, judge: none("a client's progress is passed to no server") },
  "notifications/roots/list_changed": { ...notice, ...sessions, judge: none("roots are asked for anew each time and kept nowhere") },
  "elicitation/create": { ...asked, since: "2025-06-18", until: "2026-07-28", judge: { by: "decide", kind: "elicitation" } },
  "sampling/createMessage": { ...asked, ...ever, judge: { by: "decide", kind: "sampling" } },
  "roots/list": { ...asked, ...ever, judge: { by: "decide", kind: "roots" } },
} as const satisfies Record<string, Method>;

/** Messages of servers that are no requests, and those that have the name of a client's. */
export const serverMessages = {
  ping: { ...asked, ...sessions, judge: none("the gateway answers it itself") },
  "tasks/get": { ...asked, ...from2025, judge: none("refused: clients of the gateway run no tasks") },
  "tasks/result": { ...asked, ...from2025, judge: none("refused: clients of the gateway run no tasks") },
  "tasks/list": { ...asked, ...from2025, judge: none("refused: clients of the gateway run no tasks") },
  "tasks/cancel": { ...asked, ...from2025, judge: none("refused: clients of the gateway run no tasks") },
  "notifications/cancelled": { ...told, ...ever, judge: { by: "belonging", to: "the question that it takes back" } },
  "notifications/progress": { ...told, ...ever, judge: { by: "belonging", to: "the request whose progress token it carries" } },
  "notifications/message": { ...told, ...ever, judge: { by: "belonging", to: "the request on whose stream it comes" } },
  "notifications/tools/list_changed": { ...told, ...ever, judge: listNews },
  "notifications/prompts/list_changed": { ...told, ...ever, judge: listNews },
  "notifications/resources/list_changed": { ...told, ...ever, judge: listNews },
  "notifications/resources/updated": { ...told, ...ever, judge: { by: "decide", kind: "resource" } },
  "notifications/elicitation/complete": {
    ...told,
    ...from2025,
    judge: { by: "belonging", to: "the elicitation that it names, told to the session that was asked it" },
  },
  "notifications/subscriptions/acknowledged": {
    ...told,
    ...stateless,
    judge: none("the gateway's own streams are acknowledged by the gateway"),
  },
  "notifications/tasks": { ...told, ...stateless, judge: none("not passed on: tasks are polled") },
  "notifications/tasks/status": { ...told, ...from2025, judge: none("not passed on: the gateway drives tasks of 2025-11-25 itself") },
} as const satisfies Record<string, Method>;

export type ClientMethod = {
  [Name in keyof typeof methods]: (typeof methods)[Name]["from"] extends "client" ? Name : never;
}[keyof typeof methods];
export type QuestionMethod = "elicitation/create" | "sampling/createMessage" | "roots/list";

/** What a method of an extension may be called: nothing that needs escaping anywhere it is written. */
const methodForm = /^[A-Za-z][A-Za-z0-9_/.-]{0,127}$/;

/** Whether a method may be an extension's: the protocol's own stay with their judges, and notifications have none. */
export function mayBeOfExtension(method: string): boolean {
  return (
    methodForm.test(method) &&
    !method.startsWith("notifications/") &&
    !Object.hasOwn(methods, method) &&
    !Object.hasOwn(serverMessages, method)
  );
}
