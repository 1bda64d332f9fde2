import type { CatalogData } from "./schema.ts";

/** A role that somebody holds, for good or until an instant in Unix milliseconds, from which on it counts no more. */
export interface HeldRole {
  readonly role: string;
  readonly until?: number;
}

/** The roles that count at one instant, sorted and without repeats. */
export interface RolesNow {
  readonly roles: readonly string[];
  /** The instant of the next change, in Unix milliseconds; `Infinity` where nothing of it ends. */
  readonly until: number;
}

type HeldRoleData = CatalogData["agents"][string]["roles"][number];

/** The id of a role as a table writes it, with an end or without. */
export function roleOf(held: HeldRoleData): string {
  return typeof held === "string" ? held : held.role;
}

export function heldRoles(table: readonly HeldRoleData[]): readonly HeldRole[] {
  return Object.freeze(
    table.map((held) => (typeof held === "string" ? { role: held } : { role: held.role, until: Date.parse(held.until) })),
  );
}

const noRoles: readonly string[] = Object.freeze([]);
const none: RolesNow = Object.freeze({ roles: noRoles, until: Number.POSITIVE_INFINITY });

/** Of several ways to hold a role one that lasts is enough. */
export function rolesAt(held: Iterable<HeldRole>, now: number): RolesNow {
  const roles = new Set<string>();
  let next = Number.POSITIVE_INFINITY;
  for (const { role, until } of held) {
    if (until !== undefined && until <= now) continue;
    roles.add(role);
    if (until !== undefined && until < next) next = until;
  }
  return roles.size === 0 ? none : Object.freeze({ roles: Object.freeze([...roles].sort()), until: next });
}
