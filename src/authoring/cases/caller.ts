import { didYouMean, foundText, oneOf } from "../../core/mistakes.ts";
import type { Rehearsal, Rehearsed, RehearsedCaller } from "../../gateway/index.ts";
import type { WrittenCase } from "./case-files.ts";
import type { ShortCaller, ShortCase } from "./short-case.ts";

/** Who asks in this case, with the facts that a gateway would write about it; undefined where that was told as a mistake. */
export function callerOf(written: WrittenCase, short: ShortCase, rehearsal: Rehearsal, now: number): Rehearsed | undefined {
  const named = namedCaller(written, short);
  if (named === undefined || !isKnown(written, named, rehearsal)) return undefined;
  const caller = rehearsal.caller(asRehearsed({ ...named, ...defined(claimsOf(short)) }), now);
  if (caller.ok) return caller.value;
  written.tell(["as"], { found: caller.error, wanted: "a caller that a token could bring at this time" });
  return undefined;
}

function namedCaller({ shared: { callers }, tell }: WrittenCase, { as }: ShortCase): ShortCaller | undefined {
  if (typeof as !== "string") return as;
  if (Object.hasOwn(callers, as)) return callers[as];
  const names = Object.keys(callers);
  tell(["as"], {
    found: foundText(as),
    wanted: names.length === 0 ? "a caller under callers, which this file does not have" : oneOf(names),
    remedy: didYouMean(as, names) ?? 'name who it is under callers, or say "as: { agent: …, user: … }"',
  });
  return undefined;
}

function isKnown({ tell }: WrittenCase, { agent, groups = [], user }: ShortCaller, { catalog }: Rehearsal): boolean {
  let known = true;
  const missing = (found: string, wanted: string, remedy: string | undefined): void => {
    tell(["as"], { found, wanted, remedy });
    known = false;
  };
  if (!catalog.agents.has(agent))
    missing(`the agent ${foundText(agent)}`, "an agent in catalog/agents.yaml", didYouMean(agent, catalog.agents.keys()));
  for (const group of groups.filter((name) => !catalog.groups.has(name))) {
    const remedy = didYouMean(group, catalog.groups.keys()) ?? "add it there, without roles if it has none";
    missing(`the group ${foundText(group)}`, "a group in catalog/groups.yaml", remedy);
  }
  if (user === undefined && groups.length > 0) missing("groups without a user", "the user who is in them", undefined);
  return known;
}

const claimsOf = ({ client, request, network, auth }: ShortCase) => ({ client, request, network, auth });

function asRehearsed({ agent, user, groups = [], email, kind, client, request, network, auth }: ShortCaller): RehearsedCaller {
  return {
    agent,
    ...defined({ kind, client, network }),
    ...(user !== undefined && { user: { id: user, groups, ...defined({ email, auth: auth && defined(auth) }) } }),
    ...(request !== undefined && { request: claimed(request) }),
  };
}

function claimed({ dry_run: dryRun, ...request }: NonNullable<ShortCaller["request"]>): NonNullable<RehearsedCaller["request"]> {
  return defined({ ...request, dryRun });
}

/** Without the members that are not there: absent and undefined differ in an input. */
export function defined<T extends object>(value: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
