import { admit } from "./admit.ts";
import { createAuthenticator } from "./authenticate.ts";
import { callTool } from "./call-tool.ts";
import type { Gateway } from "./gateway.ts";
import { rfc3339 } from "./input.ts";
import { listTools } from "./list-tools.ts";
import { createEntrance } from "./may-enter.ts";
import { createMessageRecorder } from "./messages.ts";
import type { Parts } from "./parts.ts";
import { readinessOf } from "./readiness.ts";

/** A gateway that can be stopped: what it counted and did not record yet is recorded then. */
export interface RunningGateway extends Gateway {
  /** Records refusals that were only counted so far. Called once a second and at shutdown. */
  flush(): Promise<void>;
  /** To be called when the list of a server changed. */
  listChanged(): void;
  /** Records a request that came from a server and was answered -32601. */
  serverRequest(server: string, method: string): Promise<void>;
}

export function createGateway(parts: Parts): RunningGateway {
  const authenticator = createAuthenticator(parts);
  const messages = createMessageRecorder(parts);
  const entrance = createEntrance(parts);
  const listeners = new Set<() => void>();
  const listChanged = () => {
    for (const listener of listeners) listener();
  };
  parts.generations.onSwap((generation) => {
    parts.upstream.retain(generation.catalog.servers.values());
    recordBundle(parts, generation.bundleText, "activated");
    listChanged();
  });
  parts.generations.onRefused(({ code, detail }) => {
    recordBundle(parts, '"bundle":null', "refused", { code, detail });
  });

  return {
    authenticate: authenticator.authenticate,
    admit: (exchange) => admit(parts, exchange),
    listTools: (exchange) => listTools(parts, exchange),
    callTool: (exchange, request) => callTool(parts, exchange, request),
    refuseMessage: messages.refused,
    mayEnter: entrance.mayEnter,
    onListChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    readiness: () => readinessOf(parts),
    listChanged,
    serverRequest: messages.fromServer,
    async flush() {
      await authenticator.flush();
      await messages.flush();
    },
  };
}

/** Which bundle judges from here on, or why a candidate does not. Not waited for: no answer depends on it. */
function recordBundle(
  parts: Parts,
  bundleText: string,
  effect: "activated" | "refused",
  reason?: { readonly code: string; readonly detail: string },
): void {
  const now = parts.clock.now();
  const reasons = reason ? `,"reasons":[${JSON.stringify(reason)}]` : "";
  void parts.log.append(
    `{"kind":"bundle","id":"${parts.ids.decision(now)}","time":"${rfc3339(now)}",${bundleText},"effect":"${effect}"${reasons}}`,
    "grouped",
  );
}
