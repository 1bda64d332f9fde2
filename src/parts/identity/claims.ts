import type { Delegate, VerifiedToken, VerifiedUser } from "../../core/principal.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type Claims, isObject } from "./compact-token.ts";
import type { IssuerConfig } from "./config.ts";
import type { AuthRefusal } from "./identity.ts";

/** How far the issuer's clock may be ahead of ours. It never makes a token live longer. */
const CLOCK_TOLERANCE_MS = 30_000;
const DEEPEST_DELEGATION = 16;
const LONGEST_NAME = 1_024;

/** What a token says, by the issuer's mapping. Pure. For claims whose signature was checked; `now` is Unix milliseconds. */
export function principalOf(claims: Claims, issuer: IssuerConfig, now: number): Result<VerifiedToken, AuthRefusal> {
  const expiresAt = checkTimes(claims, now);
  if (!expiresAt.ok) return expiresAt;
  if (!holdsAudience(claims.aud, issuer.audience)) {
    return refuse("auth.wrong_audience", `wanted the audience "${issuer.audience}"; found another`);
  }
  const actors = readActors(claims);
  if (!actors.ok) return actors;
  const subject = nameIn(claims, "sub");
  const clientId = issuer.claims.agent.map((name) => nameIn(claims, name)).find((name) => name !== undefined);

  const acting = whoActs(claims, issuer, { subject, clientId, actor: actors.value[0]?.subject });
  if (!acting.ok) return acting;
  const { kind, agent } = acting.value;
  const user = kind === "user_via_agent" ? readUser(claims, issuer) : undefined;
  if (user !== undefined && !user.ok) return user;
  return ok({
    tenant: issuer.tenant,
    issuer: issuer.issuer,
    subject: subject ?? user?.value.id ?? agent,
    kind,
    ...(user !== undefined && { user: user.value }),
    agent,
    ...(clientId !== undefined && { clientId }),
    delegation: actors.value.length > 0 ? actors.value : [{ subject: agent }],
    scopes: readScopes(claims),
    expiresAt: expiresAt.value,
  });
}

interface Named {
  readonly subject: string | undefined;
  readonly clientId: string | undefined;
  readonly actor: string | undefined;
}

type Acting = Pick<VerifiedToken, "kind" | "agent">;

function whoActs(claims: Claims, issuer: IssuerConfig, { subject, clientId, actor }: Named): Result<Acting, AuthRefusal> {
  if (issuer.workload) {
    if (subject === undefined) return refuse("auth.unmapped_agent", 'the token of a workload has no "sub"');
    // A workload that acts for somebody is not what this issuer was declared to be.
    return actor === undefined ? ok({ kind: "workload", agent: subject }) : refuse("auth.unmapped_agent", 'a workload\'s token has "act"');
  }
  if (actor !== undefined) return ok({ kind: "user_via_agent", agent: actor });
  if (clientId === undefined) {
    return refuse("auth.unmapped_agent", `found neither "act" nor one of "${issuer.claims.agent.join('", "')}"`);
  }
  const alone = issuer.agent_alone === undefined ? subject === clientId : isMarkedAlone(claims, issuer.agent_alone);
  return ok({ kind: alone ? "agent" : "user_via_agent", agent: clientId });
}

function isMarkedAlone(claims: Claims, mark: NonNullable<IssuerConfig["agent_alone"]>): boolean {
  const found = claimNamed(claims, mark.claim);
  return mark.value === undefined ? found !== undefined : found === mark.value;
}

function readUser(claims: Claims, issuer: IssuerConfig): Result<VerifiedUser, AuthRefusal> {
  const id = nameIn(claims, issuer.claims.user);
  if (id === undefined) return refuse("auth.unmapped_user", `the claim "${issuer.claims.user}" is not a name`);
  const groups = readGroups(claims, issuer.claims.groups);
  if (groups === undefined) return refuse("auth.unmapped_user", `the claim "${issuer.claims.groups}" is not a list of names`);
  const email = claims.email_verified === false ? undefined : nameIn(claims, issuer.claims.email);
  const auth = readAuthentication(claims);
  return ok({ id, issuer: issuer.issuer, groups, ...(email !== undefined && { email }), ...(auth !== undefined && { auth }) });
}

/** `undefined` if the groups cannot be known: a policy that denies a group must not miss its members. */
function readGroups(claims: Claims, name: string): readonly string[] | undefined {
  // Too many groups for a token: the issuer names an address to ask instead (OpenID Connect Core, section 5.6.2).
  if (isObject(claims._claim_names) && Object.hasOwn(claims._claim_names, name)) return undefined;
  const found = claimNamed(claims, name);
  if (found === undefined) return [];
  if (typeof found === "string") return [found];
  return Array.isArray(found) && found.every((group) => typeof group === "string") ? found : undefined;
}

function readAuthentication(claims: Claims): VerifiedUser["auth"] {
  const acr = nameIn(claims, "acr");
  const amr = Array.isArray(claims.amr) && claims.amr.every((method) => typeof method === "string") ? claims.amr : undefined;
  const time = typeof claims.auth_time === "number" && Number.isFinite(claims.auth_time) ? Math.floor(claims.auth_time * 1000) : undefined;
  if (acr === undefined && amr === undefined && time === undefined) return undefined;
  return { ...(acr !== undefined && { acr }), ...(amr !== undefined && { amr }), ...(time !== undefined && { time }) };
}

/** The `act` chain, nearest first (RFC 8693, section 4.1). One that cannot be read to its end is refused, not cut. */
function readActors(claims: Claims): Result<readonly Delegate[], AuthRefusal> {
  const actors: Delegate[] = [];
  let holder: Claims = claims;
  while (Object.hasOwn(holder, "act")) {
    const act = holder.act;
    const subject = isObject(act) ? nameIn(act, "sub") : undefined;
    if (!isObject(act) || subject === undefined) return refuse("auth.unmapped_agent", 'an "act" of the token names nobody');
    if (actors.length === DEEPEST_DELEGATION) {
      return refuse("auth.unmapped_agent", `the token was delegated more than "${DEEPEST_DELEGATION}" times`);
    }
    const issuer = nameIn(act, "iss");
    actors.push(issuer === undefined ? { subject } : { subject, issuer });
    holder = act;
  }
  return ok(actors);
}

function readScopes(claims: Claims): readonly string[] {
  const found = claims.scope ?? claims.scp;
  if (typeof found === "string") return found.split(" ").filter((scope) => scope !== "");
  return Array.isArray(found) ? found.filter((scope) => typeof scope === "string") : [];
}

function checkTimes(claims: Claims, now: number): Result<number, AuthRefusal> {
  const { exp, nbf, iat } = claims;
  if (!isTime(exp)) return refuse("auth.malformed", 'the token has no "exp" that is a time');
  if (nbf !== undefined && !isTime(nbf)) return refuse("auth.malformed", '"nbf" is not a time');
  if (iat !== undefined && !isTime(iat)) return refuse("auth.malformed", '"iat" is not a time');
  const expiresAt = Math.floor(exp * 1000);
  if (expiresAt <= now) return refuse("auth.expired", `expired at "${shown(expiresAt)}"; it is "${shown(now)}"`);
  const from = Math.max(nbf ?? 0, iat ?? 0) * 1000;
  if (from > now + CLOCK_TOLERANCE_MS) return refuse("auth.not_yet_valid", `valid from "${shown(from)}"; it is "${shown(now)}"`);
  return ok(expiresAt);
}

/** Seconds since the epoch, up to the last instant a Date can name. */
function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 8_640_000_000_000;
}

function shown(time: number): string {
  return new Date(time).toISOString();
}

function holdsAudience(found: unknown, wanted: string): boolean {
  return Array.isArray(found) ? found.includes(wanted) : found === wanted;
}

function nameIn(claims: Claims, name: string): string | undefined {
  const found = claimNamed(claims, name);
  return typeof found === "string" && found !== "" && found.length <= LONGEST_NAME ? found : undefined;
}

/** Claims with dots in their name are common ("https://example.com/groups"), so the whole name is tried first. */
function claimNamed(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const step of name.split(".")) {
    if (!isObject(found) || !Object.hasOwn(found, step)) return undefined;
    found = found[step];
  }
  return found;
}

function refuse(code: AuthRefusal["code"], detail: string): { readonly ok: false; readonly error: AuthRefusal } {
  return err({ code, detail });
}
