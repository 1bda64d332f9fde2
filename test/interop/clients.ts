import { fileURLToPath } from "node:url";
import { inspector, otherLanguage } from "./command-clients.ts";
import type { Fetched } from "./fetch.ts";
import type { Outcome, Plan } from "./plan.ts";
import { sdkV1, sdkV2 } from "./sdk-clients.ts";

/** A client of the matrix. It never throws: what went wrong stands in the outcome. */
export interface PeerClient {
  readonly title: string;
  run(url: URL, bearer: string, plan: Plan): Promise<Outcome>;
}

export function clientsOf(fetched: Fetched): readonly PeerClient[] {
  const python = [fetched.python, fileURLToPath(new URL("python/client.py", import.meta.url))];
  return [
    { title: "TypeScript SDK v1", run: sdkV1 },
    { title: "TypeScript SDK v2, 2025-11-25", run: sdkV2("legacy") },
    { title: "TypeScript SDK v2, 2026-07-28", run: sdkV2({ pin: "2026-07-28" }) },
    { title: "Python SDK, 2025-11-25", run: otherLanguage(python, ["legacy"]) },
    { title: "Python SDK, 2026-07-28", run: otherLanguage(python, ["auto"]) },
    { title: "Go SDK", run: otherLanguage([fetched.go, "client"]) },
    { title: "MCP inspector, command line", run: inspector(fetched.inspector) },
  ];
}
