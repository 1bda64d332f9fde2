import { admit } from "./admit.ts";
import { createAnnouncer } from "./announcer.ts";
import { createAuthenticator } from "./authenticate.ts";
import { createElicitations } from "./elicitations.ts";
import type { Gateway, ListKind } from "./gateway.ts";
import { rfc3339 } from "./input.ts";
import { list } from "./lists/index.ts";
import { createEntrance } from "./may-enter.ts";
import { createMessageRecorder } from "./messages.ts";
import { offersOf, passes } from "./offers.ts";
import { createParking, recordAbandoned, watchParked } from "./parking/index.ts";
import type { BuiltParts, Parts } from "./parts.ts";
import { createQuarantine } from "./quarantine/index.ts";
import { readinessOf } from "./readiness.ts";
import { routed } from "./route.ts";
import { serveRequest } from "./serve-request.ts";
import { createWatches, subscribe, watchEnds } from "./watching/index.ts";

/** A gateway that can be stopped: what it counted and did not record yet is recorded then. */
export interface RunningGateway extends Gateway {
  /** Records refusals that were only counted so far. Called once a second and at shutdown. */
  flush(): Promise<void>;
  /** Gives up the calls that wait for answers, and records that they were. To be called while the log is still open. */
  close(): Promise<void>;
  /** To be called when what a server offers changed, with the kinds that did. */
  listChanged(serverId: string, kinds: ReadonlySet<ListKind>): void;
  /** Records a request that came from a server and was answered -32601. */
  serverRequest(server: string, method: string): Promise<void>;
}

const everyKind: ReadonlySet<ListKind> = new Set(["tools", "prompts", "resources", "templates"]);

export function createGateway(built: BuiltParts): RunningGateway {
  const parking = createParking({ perOwner: built.questions.parkedPerOwner, onAbandoned: recordAbandoned });
  const quarantine = createQuarantine(built);
  const parts: Parts = { ...built, parking, elicitations: createElicitations(built.questions.parkedMs), quarantine };
  const authenticator = createAuthenticator(parts);
  const messages = createMessageRecorder(parts);
  const entrance = createEntrance(parts);
  const watches = createWatches(parts);
  const changes = createAnnouncer<ReadonlySet<ListKind>>(parts.logger);
  /** Another bundle judges from here on, or none; or something was quarantined, or is free again. */
  const judgedAnew = () => {
    changes.tell(everyKind);
    watches.recheck();
  };
  parts.generations.onSwap(({ generations, activated }) => {
    parts.upstream.retain(generations.flatMap(({ catalog }) => [...catalog.servers.values()]));
    if (activated) recordBundle(parts, activated.bundleText, "activated");
    judgedAnew();
  });
  const parked = watchParked(parts);
  const recheckAll = (tenant?: string) => {
    judgedAnew();
    parked.recheck(tenant);
  };
  const ends = watchEnds(parts, recheckAll);
  const stopHearing = quarantine.onChange(() => recheckAll());
  parts.generations.onRefused(({ code, detail }) => {
    recordBundle(parts, '"bundle":null', "refused", { code, detail });
    if (!parts.generations.status().active) judgedAnew();
  });

  return {
    authenticate: authenticator.authenticate,
    admit: (exchange) => admit(parts, exchange),
    offers: (exchange) => offersOf(parts, exchange),
    passes: (exchange, method) => passes(parts, exchange, method),
    list: (exchange, kind) => list(parts, exchange, kind),
    request: routed(parts, (exchange, request) => serveRequest(parts, exchange, request)),
    subscribe: (exchange, uri) => subscribe(parts, exchange, uri),
    watch: watches.watch,
    refuseMessage: messages.refused,
    mayEnter: entrance.mayEnter,
    onListChanged: changes.listen,
    readiness: () => readinessOf(parts),
    listChanged: (_serverId, kinds) => changes.tell(kinds),
    serverRequest: messages.fromServer,
    async flush() {
      await authenticator.flush();
      await messages.flush();
    },
    async close() {
      stopHearing();
      ends.stop();
      parked.stop();
      await parking.close();
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
