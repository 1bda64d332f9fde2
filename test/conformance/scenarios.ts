import { readFileSync } from "node:fs";

export type Revision = "2025-11-25" | "2026-07-28";
export type Era = "session" | "stateless";

/** Scenarios of the suite that run as one set: a client of one revision, against our reference server of one era. */
export interface ScenarioSet {
  readonly key: string;
  readonly title: string;
  readonly revision: Revision;
  readonly server: Era;
  readonly scenarios: readonly string[];
}

const toolScenarios = [
  "tools-list",
  "tools-call-simple-text",
  "tools-call-image",
  "tools-call-audio",
  "tools-call-embedded-resource",
  "tools-call-mixed-content",
  "tools-call-error",
  "tools-call-with-progress",
];

const scenariosOf: Readonly<Record<Revision, readonly string[]>> = {
  "2025-11-25": ["server-initialize", "server-session-lifecycle", "ping", ...toolScenarios, "dns-rebinding-protection"],
  "2026-07-28": [
    "server-stateless",
    ...toolScenarios,
    "http-header-validation",
    "http-custom-header-server-validation",
    "dns-rebinding-protection",
  ],
};

export const scenarioSets: readonly ScenarioSet[] = [
  set("same-2025-11-25", "A client of 2025-11-25, a server of the session era", "2025-11-25", "session"),
  set("same-2026-07-28", "A client of 2026-07-28, a stateless server", "2026-07-28", "stateless"),
  set("cross-2025-client-2026-server", "A client of 2025-11-25, a stateless server", "2025-11-25", "stateless"),
  set("cross-2026-client-2025-server", "A client of 2026-07-28, a server of the session era", "2026-07-28", "session"),
];

function set(key: string, title: string, revision: Revision, server: Era): ScenarioSet {
  return { key, title, revision, server, scenarios: scenariosOf[revision] };
}

/** The version of the suite that is installed. */
export function suiteVersion(): string {
  const file = new URL("../../node_modules/@modelcontextprotocol/conformance/package.json", import.meta.url);
  return String((JSON.parse(readFileSync(file, "utf8")) as { readonly version: unknown }).version);
}
