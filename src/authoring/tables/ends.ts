import type { Tables } from "./table-files.ts";

const DAY_MS = 86_400_000;
/** Long enough to renew what is still needed in the course of ordinary work. */
const NOTICE_DAYS = 14;

/** What ended, and what ends soon: agents, operators, and roles that are held for a time. `now` in Unix milliseconds. */
export function endWarnings({ agents, groups, operators }: Tables, now: number): string[] {
  const warnings: string[] = [];
  const look = (what: string, end: string | undefined): void => {
    const told = end === undefined ? undefined : toldEnd(end, now);
    if (told !== undefined) warnings.push(`${what} ${told}`);
  };
  const held = (who: string, roles: Tables["groups"]["groups"][string]["roles"]): void => {
    for (const one of roles) if (typeof one !== "string") look(`${who}: the role ${one.role}`, one.until);
  };
  for (const [id, agent] of Object.entries(agents.agents)) {
    look(`agent ${id}`, agent.expires);
    held(`agent ${id}`, agent.roles);
    held(`agent ${id}, alone`, agent.roles_alone);
  }
  for (const [name, group] of Object.entries(groups.groups)) held(`group ${name}`, group.roles);
  for (const [id, operator] of Object.entries(operators.operators)) look(`operator ${id}`, operator.until);
  return warnings;
}

function toldEnd(end: string, now: number): string | undefined {
  const left = Date.parse(end) - now;
  if (left <= 0) return `ended at ${end}`;
  if (left > NOTICE_DAYS * DAY_MS) return undefined;
  const days = Math.floor(left / DAY_MS);
  return `ends at ${end}, ${days === 0 ? "within a day" : days === 1 ? "in 1 day" : `in ${days} days`}`;
}
