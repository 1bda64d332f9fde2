import { type Revision, requirements } from "./requirements.ts";

export type Era = "session" | "stateless";

/** The members of what `--json` prints. */
export const keys = [
  "same-2025-11-25",
  "same-2026-07-28",
  "client",
  "cross-2025-client-2026-server",
  "cross-2026-client-2025-server",
  "aggregate",
] as const;
export type Key = (typeof keys)[number];

/** Scenarios of the suite that run one after the other, and count for one key. */
export interface Part {
  readonly key: Key;
  readonly title: string;
  /** What the suite speaks. */
  readonly revision: Revision;
  readonly scenarios: readonly string[];
  readonly place: /** The suite is the client, and this reference server is behind the gateway. */
    | { readonly suite: "client"; readonly server: Era; readonly door: "own" | "aggregate" }
    /** The suite is the server behind the gateway. */
    | { readonly suite: "server" };
}

/** Not required by the suite, and run all the same: later than the frozen lists, or not yet passed by its own server. */
const besides = {
  server: {
    "2025-11-25": ["server-session-lifecycle", "json-schema-2020-12"],
    "2026-07-28": ["http-header-validation", "http-custom-header-server-validation", "json-schema-2020-12"],
  },
  client: { "2025-11-25": ["json-schema-2020-12-preservation"], "2026-07-28": ["json-schema-2020-12-preservation"] },
} as const;

/** Extensions and what is on hold: passed by the reference server itself, see `--direct`. */
export const beyond: Readonly<Record<Revision, readonly string[]>> = {
  "2025-11-25": ["server-sse-polling"],
  "2026-07-28": [
    "tasks-lifecycle",
    "tasks-capability-negotiation",
    "tasks-wire-fields",
    "tasks-request-state-removal",
    "tasks-mrtr-input",
    "tasks-request-headers",
    "tasks-dispatch-and-envelope",
    "tasks-required-task-error",
    "tasks-mrtr-composition",
  ],
};

export const parts: readonly Part[] = [
  asClient("same-2025-11-25", "A client of 2025-11-25, a server of the session era", "2025-11-25", "session"),
  asClient("same-2026-07-28", "A client of 2026-07-28, a stateless server", "2026-07-28", "stateless"),
  asServer("The gateway as the client of a server of 2025-11-25", "2025-11-25"),
  asServer("The gateway as the client of a server of 2026-07-28", "2026-07-28"),
  asClient("cross-2025-client-2026-server", "A client of 2025-11-25, a stateless server", "2025-11-25", "stateless"),
  asClient("cross-2026-client-2025-server", "A client of 2026-07-28, a server of the session era", "2026-07-28", "session"),
  asClient("aggregate", "A client of 2025-11-25 at the aggregate, a server of the session era", "2025-11-25", "session", "aggregate"),
  asClient("aggregate", "A client of 2026-07-28 at the aggregate, a stateless server", "2026-07-28", "stateless", "aggregate"),
];

/** What is left out of a set, and why. */
export const leftOut = [
  { key: "client", scenarios: "auth/*", reason: "identity issue: how the gateway gets a token for a server is not part of this" },
] as const satisfies readonly { readonly key: Key; readonly scenarios: string; readonly reason: string }[];

function asClient(key: Key, title: string, revision: Revision, server: Era, door: "own" | "aggregate" = "own"): Part {
  const scenarios = [...requirements(revision).server, ...besides.server[revision]];
  return { key, title, revision, scenarios, place: { suite: "client", server, door } };
}

function asServer(title: string, revision: Revision): Part {
  const required = requirements(revision).client.filter((scenario) => !scenario.startsWith("auth/"));
  return { key: "client", title, revision, scenarios: [...required, ...besides.client[revision]], place: { suite: "server" } };
}
