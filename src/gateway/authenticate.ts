import type { DecisionId } from "../core/ids.ts";
import type { VerifiedToken } from "../core/principal.ts";
import { isReasonCode, sentenceOf } from "../core/reasons.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { AuthRefusal } from "../parts/identity/index.ts";
import type { AuthenticationRefused, Caller, Network } from "./gateway.ts";
import { rfc3339 } from "./input.ts";
import { networkOf } from "./network-of.ts";
import type { Parts } from "./parts.ts";
import { createTally, type Tally } from "./tally.ts";

interface RefusedAuthentication {
  readonly id: DecisionId;
  readonly now: number;
  readonly code: string;
  readonly issuer?: string;
  readonly network: string;
  readonly detail: string;
}

/** Turns an `Authorization` header into a caller whose agent is registered in the active bundle. */
export interface Authenticator {
  authenticate(authorization: string | undefined, network: Network): Promise<Result<Caller, AuthenticationRefused>>;
  flush(): Promise<void>;
}

export function createAuthenticator(parts: Parts): Authenticator {
  const callers = new WeakMap<VerifiedToken, Caller>();
  const tally: Tally<RefusedAuthentication> = createTally(async (refusal, count) => {
    await parts.log.append(authRecord(refusal, count), "grouped");
  });

  async function refuse(
    error: { code: string; detail: string; issuer?: string },
    network: Network,
    now: number,
  ): Promise<Result<never, AuthenticationRefused>> {
    const id = parts.ids.decision(now);
    const place = networkOf(network.ip);
    parts.meter.reason(error.code);
    await tally.count(`${error.code} ${error.issuer ?? ""} ${place}`, { id, now, network: place, ...error }, now);
    const message = isReasonCode(error.code) ? sentenceOf(error.code) : "The token was refused.";
    return err({
      decisionId: id,
      code: error.code,
      message,
      retryable: error.code === "auth.issuer_unreachable" || error.code === "bundle.none",
    });
  }

  return {
    flush: () => tally.flush(),
    async authenticate(authorization, network) {
      const now = parts.clock.now();
      const verified = await parts.identity.verify(authorization, now);
      if (!verified.ok) return await refuse(withoutUndefined(verified.error), network, now);
      const token = verified.value;
      const generation = parts.generations.for(token);
      if (!generation) return await refuse({ code: "bundle.none", detail: `tenant "${token.tenant}" has no bundle` }, network, now);
      const facts = generation.callerOf(token, now);
      if (!facts.ok) return await refuse({ code: facts.error.code, detail: agentDetail(facts.error), issuer: token.issuer }, network, now);
      const known = callers.get(token);
      if (known && known.agentId === facts.value.agent.id) return ok(known);
      const caller: Caller = { token, agentId: facts.value.agent.id, key: callerKey(token, facts.value.agent.id) };
      callers.set(token, caller);
      return ok(caller);
    },
  };
}

function withoutUndefined(error: AuthRefusal): { code: string; detail: string; issuer?: string } {
  return { code: error.code, detail: error.detail, ...(error.issuer === undefined ? {} : { issuer: error.issuer }) };
}

function agentDetail(error: {
  readonly code: string;
  readonly agent?: string;
  readonly agents?: readonly string[];
  readonly mode?: string;
}): string {
  return [error.agent ?? error.agents?.join(", "), error.mode].filter((word) => word !== undefined).join(" ");
}

/** Joined as JSON, so that no part can reach into the next. */
function callerKey(token: VerifiedToken, agentId: string): string {
  return JSON.stringify([token.tenant, token.issuer, token.subject, agentId]);
}

function authRecord(refusal: RefusedAuthentication, count: number): string {
  const { id, now, code, issuer, network, detail } = refusal;
  return JSON.stringify({
    kind: "auth",
    id,
    time: rfc3339(now),
    effect: "deny",
    reasons: [{ code }],
    ...(issuer === undefined ? {} : { issuer }),
    network,
    detail,
    count,
  });
}
