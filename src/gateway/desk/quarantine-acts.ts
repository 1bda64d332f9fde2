import type { Quarantined } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { activeQuarantine, withoutQuarantine, withQuarantine } from "../../parts/operations/index.ts";
import type { Acts, Done } from "./acts.ts";
import type { DeskRefusal, Operator, WantedQuarantine } from "./desk.ts";
import type { DeskParts } from "./parts.ts";
import { refusal, refused } from "./refusals.ts";

type Act<T> = Promise<Result<T, DeskRefusal>>;

/** Puts a quarantine on something. At once here; on the other replicas as soon as they hear of it. */
export function quarantine(parts: DeskParts, acts: Acts, operator: Operator, wanted: WantedQuarantine): Act<Quarantined> {
  const { reason, ...subject } = wanted;
  return acts.perform(operator, { act: "quarantine", role: "operator", subject, why: reason }, async () => {
    const unknown = whatIsUnknown(parts, wanted);
    if (unknown !== undefined) return err(refusal("not_found", "quarantine.unknown", unknown));
    return add(parts, entryOf(parts, wanted, operator.id));
  });
}

export function lift(parts: DeskParts, acts: Acts, operator: Operator, id: string, why: string): Act<Quarantined> {
  return acts.perform(operator, { act: "lift_quarantine", role: "operator", subject: { id }, why }, async () => {
    let lifted: Quarantined | undefined;
    const updated = await parts.operations.update<DeskRefusal>((state) => {
      lifted = activeQuarantine(state, parts.clock.now()).find((entry) => entry.id === id);
      if (lifted === undefined) return err(refusal("not_found", "quarantine.unknown", `no quarantine "${id}" is in force`));
      return ok(withoutQuarantine(state, id));
    });
    if (!updated.ok) return err("kind" in updated.error ? updated.error : refused(updated.error));
    if (lifted === undefined) throw new Error("a quarantine was lifted that nobody saw");
    return ok({ value: lifted, after: updated.value.version });
  });
}

function entryOf({ clock, ids }: DeskParts, { forMs, ...wanted }: WantedQuarantine, by: string): Quarantined {
  const at = clock.now();
  return { id: ids.quarantine(at), ...wanted, by, at, ...(forMs === undefined ? {} : { until: at + forMs }) };
}

/** Already as it is wanted. */
interface Same {
  readonly same: Quarantined;
}

async function add(parts: DeskParts, wanted: Quarantined): Promise<Result<Done<Quarantined>, DeskRefusal>> {
  let entry = wanted;
  const updated = await parts.operations.update<Same>((state) => {
    const before = activeQuarantine(state, wanted.at).find((other) => isSameThing(other, wanted));
    if (before !== undefined && endOf(before) >= endOf(wanted)) return err({ same: before });
    // It only lasts longer from now on: whoever is quarantined twice gets out by neither ending first.
    entry = before === undefined ? wanted : { ...wanted, id: before.id };
    return ok(withQuarantine(state, entry));
  });
  if (updated.ok) return ok({ value: entry, after: updated.value.version });
  return "same" in updated.error ? ok({ value: updated.error.same }) : err(refused(updated.error));
}

function isSameThing(a: Quarantined, b: Quarantined): boolean {
  return a.kind === b.kind && a.subject === b.subject && a.issuer === b.issuer;
}

function endOf({ until = Number.POSITIVE_INFINITY }: Quarantined): number {
  return until;
}

/** A server or tool that neither the promoted bundle nor a candidate has: most likely its name was misspelt, and nothing would be refused. */
function whatIsUnknown({ generations, tenant }: DeskParts, { kind, subject, issuer }: WantedQuarantine): string | undefined {
  if (issuer !== undefined && kind !== "user") return `only users are of an issuer, found kind "${kind}"`;
  const catalogs = [generations.active(tenant), generations.candidate(tenant)?.generation].flatMap((one) => (one ? [one.catalog] : []));
  if (kind === "server" && !catalogs.some(({ servers }) => servers.has(subject))) return `no server "${subject}" in the catalog`;
  if (kind !== "tool") return undefined;
  const dot = subject.indexOf(".");
  const [server, tool] = [subject.slice(0, Math.max(dot, 0)), subject.slice(dot + 1)];
  return catalogs.some((catalog) => catalog.tools(server).has(tool))
    ? undefined
    : `no tool "${subject}" in the catalog; wanted server.tool`;
}
