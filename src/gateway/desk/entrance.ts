import type { Quarantined } from "../../core/operations.ts";
import type { VerifiedToken } from "../../core/principal.ts";
import type { ReasonCode } from "../../core/reasons.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { OperatorRefusal } from "../../parts/catalog/index.ts";
import { activeQuarantine } from "../../parts/operations/index.ts";
import type { Network } from "../gateway.ts";
import type { Generation } from "../generation.ts";
import { networkOf } from "../network-of.ts";
import { createTally } from "../tally.ts";
import type { DeskRefusal, Operator } from "./desk.ts";
import { type OperatorRecord, operatorRecord } from "./operator-record.ts";
import type { DeskParts } from "./parts.ts";
import { refusal } from "./refusals.ts";

/** An operator at this instant, with the table that names it. */
export interface Standing {
  readonly operator: Operator;
  readonly token: VerifiedToken;
  readonly generation: Generation;
}

export interface Came {
  readonly token: VerifiedToken;
  readonly network: string;
}

/** Finds out who is there, and whether it still is. */
export interface Entrance {
  enter(authorization: string | undefined, network: Network): Promise<Result<Operator, DeskRefusal>>;
  /** Judged anew: between the header of a request and its act a table may have changed, or a token may have ended. */
  standing(operator: Operator, now: number): Result<Standing, DeskRefusal>;
  /** With which token somebody entered, and from where. */
  cameWith(operator: Operator): Came;
  flush(): Promise<void>;
}

type Refused = Omit<OperatorRecord, "phase" | "act" | "effect">;

export function createEntrance(parts: DeskParts): Entrance {
  const entered = new WeakMap<Operator, Came>();
  const tally = createTally<Refused>(async (facts, count) => {
    await parts.log.append(operatorRecord({ ...facts, phase: "refusal", act: "enter", effect: "deny", count }), "grouped");
  });

  async function turnAway(
    why: DeskRefusal & { readonly issuer?: string | undefined },
    { ip }: Network,
    now: number,
    token?: VerifiedToken,
  ): Promise<Result<never, DeskRefusal>> {
    const { issuer, ...told } = why;
    const id = parts.ids.decision(now);
    const network = networkOf(ip);
    parts.meter.reason(why.code);
    // Whoever has a valid token is told apart; whoever has none can make up as many names as it likes.
    const key = JSON.stringify([why.code, issuer, network, ...(token ? [token.issuer, token.subject, token.agent] : [])]);
    const bundleText = parts.generations.active(parts.tenant)?.bundleText ?? '"bundle":null';
    await tally.count(key, { id, now, token, bundleText, reason: why, issuer, network }, now);
    return err({ ...told, decisionId: id });
  }

  function judge(token: VerifiedToken, now: number): Result<Standing, DeskRefusal> {
    if (token.tenant !== parts.tenant) return err(refusal("forbidden", "operator.unknown", `another tenant than "${parts.tenant}"`));
    if (now >= token.expiresAt) return err(refusal("unauthenticated", "auth.expired", "the token expired while the request was sent"));
    const generation = parts.generations.active(token.tenant);
    if (generation === undefined) return err(refusal("unavailable", "bundle.none", `tenant "${token.tenant}" has no bundle`));
    const found = generation.catalog.operatorFor(token, now);
    if (!found.ok) return err(refusal("forbidden", found.error.code, detailOf(found.error)));
    const stopped = stoppedBy(activeQuarantine(parts.operations.current(), now), token);
    if (stopped !== undefined) return err(refusal("forbidden", stopped, "another operator can lift it"));
    const { user } = token;
    const { id, roles } = found.value;
    return ok({ operator: { id: `${id}/${user?.id ?? token.subject}`, roles, tenant: token.tenant }, token, generation });
  }

  function cameWith(operator: Operator): Came {
    const came = entered.get(operator);
    if (came === undefined) throw new Error("an operator who never entered");
    return came;
  }

  return {
    cameWith,
    flush: () => tally.flush(),
    async enter(authorization, network) {
      const now = parts.clock.now();
      const verified = await parts.identity.verify(authorization, now);
      if (!verified.ok) {
        const { code, detail, issuer } = verified.error;
        const kind = code === "auth.issuer_unreachable" ? "unavailable" : "unauthenticated";
        return turnAway({ ...refusal(kind, code, detail), issuer }, network, now);
      }
      const standing = judge(verified.value, now);
      if (!standing.ok) return turnAway(standing.error, network, now, verified.value);
      entered.set(standing.value.operator, { token: verified.value, network: networkOf(network.ip) });
      return ok(standing.value.operator);
    },
    standing(operator, now) {
      const standing = judge(cameWith(operator).token, now);
      if (standing.ok && standing.value.operator.id !== operator.id) {
        return err(refusal("forbidden", "operator.unknown", `no longer "${operator.id}"`));
      }
      return standing;
    },
  };
}

/**
 * Somebody who stole a user's login, or a machine's, must not lift what was done against it. People are stopped as users and
 * never by the client they share: who quarantines that one by mistake must be able to lift it.
 */
function stoppedBy(quarantine: readonly Quarantined[], { user, agent }: VerifiedToken): ReasonCode | undefined {
  const holds = quarantine.some(({ kind, subject, issuer }) =>
    user === undefined
      ? kind === "agent" && subject === agent
      : kind === "user" && subject === user.id && (issuer ?? user.issuer) === user.issuer,
  );
  if (!holds) return undefined;
  return user === undefined ? "agent.quarantined" : "user.quarantined";
}

function detailOf(error: OperatorRefusal): string {
  if (error.code === "operator.ambiguous") return `entries ${error.operators.join(", ")}`;
  return error.ended.length === 0 ? "no entry fits this token" : `ended: ${error.ended.join(", ")}`;
}
