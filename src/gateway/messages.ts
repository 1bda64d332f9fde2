import type { DecisionId } from "../core/ids.ts";
import type { Caller, Network } from "./gateway.ts";
import { rfc3339 } from "./input.ts";
import type { Parts } from "./parts.ts";
import { createTally } from "./tally.ts";

/** A message that was refused before it could be judged, or a request that came from a server. */
interface RefusedMessage {
  readonly id: DecisionId;
  readonly now: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

const MAX_DETAIL = 300;

/** Records what never became a decision. Many alike within a second are one record with a count. */
export interface MessageRecorder {
  refused(
    caller: Caller | undefined,
    network: Network,
    refusal: { readonly code: string; readonly method?: string; readonly detail: string },
  ): Promise<DecisionId>;
  fromServer(server: string, method: string): Promise<void>;
  flush(): Promise<void>;
}

export function createMessageRecorder(parts: Parts): MessageRecorder {
  const tally = createTally<RefusedMessage>(async ({ id, now, facts }, count) => {
    await parts.log.append(JSON.stringify({ kind: facts.kind, id, time: rfc3339(now), ...facts, count }), "grouped");
  });

  return {
    async refused(caller, network, { code, method, detail }) {
      const now = parts.clock.now();
      const id = parts.ids.decision(now);
      const principal = caller && {
        kind: caller.token.kind,
        issuer: caller.token.issuer,
        subject: caller.token.subject,
        agent: caller.agentId,
      };
      const facts = {
        kind: "refusal",
        ...(caller ? { tenant: caller.token.tenant, principal } : {}),
        ...(method === undefined ? {} : { method: method.slice(0, MAX_DETAIL) }),
        network: network.ip,
        effect: "deny",
        reasons: [{ code, rule: "toolgate" }],
        detail: detail.slice(0, MAX_DETAIL),
      };
      parts.meter.reason(code);
      await tally.count(`${code} ${caller?.key ?? network.ip} ${method ?? ""}`, { id, now, facts }, now);
      return id;
    },
    async fromServer(server, method) {
      const now = parts.clock.now();
      const facts = {
        kind: "server_request",
        server,
        method: method.slice(0, MAX_DETAIL),
        effect: "deny",
        reasons: [{ code: "gateway.unsupported_method", rule: "toolgate" }],
      };
      await tally.count(`server ${server} ${method}`, { id: parts.ids.decision(now), now, facts }, now);
    },
    flush: () => tally.flush(),
  };
}
