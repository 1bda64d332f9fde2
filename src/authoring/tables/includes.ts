import { foundText, pathText } from "../../core/mistakes.ts";
import type { Findings } from "./findings.ts";
import { nearestKey } from "./nearest.ts";
import type { Tables } from "./table-files.ts";

/** A role whose included roles are being looked at; `next` is the one that comes now. */
interface Step {
  readonly role: string;
  next: number;
}

/**
 * Roles with those that each includes, in an order in which an included role comes before the one that includes it. A
 * role that nobody has and a circle are mistakes; each circle is told once, by its roles. Nothing here calls itself: a
 * chain of roles may be as long as a table.
 */
export function inclusionOrder(tables: Tables, findings: Findings): readonly (readonly [role: string, included: readonly string[]])[] {
  const { roles } = tables.roles;
  const order: (readonly [string, readonly string[]])[] = [];
  const done = new Set<string>();
  const open = new Map<string, Step>();
  const includesOf = (role: string): readonly string[] => (Object.hasOwn(roles, role) ? (roles[role]?.includes ?? []) : []);
  for (const first of Object.keys(roles)) {
    const path = done.has(first) ? [] : [enter(first, open)];
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const included = includesOf(step.role);
      const other = included[step.next];
      if (other === undefined) {
        order.push([step.role, included.filter((one) => done.has(one))]);
        done.add(step.role);
        open.delete(step.role);
        path.pop();
        continue;
      }
      const steps = ["roles", step.role, "includes", step.next];
      step.next += 1;
      if (!Object.hasOwn(roles, other)) tellUnknown(tables, steps, other, findings);
      else if (open.has(other)) tellCircle(tables, steps, [...open.keys()], other, findings);
      else if (!done.has(other)) path.push(enter(other, open));
    }
  }
  return order;
}

function enter(role: string, open: Map<string, Step>): Step {
  const step = { role, next: 0 };
  open.set(role, step);
  return step;
}

function tellUnknown(tables: Tables, steps: readonly PropertyKey[], role: string, { mistakes }: Findings): void {
  const remedy = nearestKey(tables.roles.roles, role);
  const told = { found: foundText(role), wanted: "the id of a role in roles.yaml", ...(remedy !== undefined && { remedy }) };
  mistakes.push(tables.mistake("roles", steps, told, pathText(steps)));
}

function tellCircle(tables: Tables, steps: readonly PropertyKey[], open: readonly string[], back: string, { mistakes }: Findings): void {
  const circle = [...open.slice(open.indexOf(back)), back].join(" -> ");
  const told = {
    found: `a circle of roles: ${circle}`,
    wanted: "roles that do not include themselves",
    remedy: "take one of them out of includes",
  };
  mistakes.push(tables.mistake("roles", steps, told, pathText(steps)));
}
