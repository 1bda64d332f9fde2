import { type Glob, glob } from "./glob.ts";
import type { Match } from "./match-schema.ts";

/** Whether two entries could mean the same token. Errs to yes only where there is such a name. */
export function meet(a: Match, b: Match): boolean {
  return a.issuer === b.issuer && patternsMeet(patternOf(a), patternOf(b));
}

/** Whether a client or workload of this issuer, as a token calls it, is meant. */
export function fitterOf(match: Match): (issuer: string, name: string) => boolean {
  const exact = match.client_id ?? match.subject;
  const fits: Glob = exact === undefined ? glob(match.subject_pattern ?? "") : (name) => name === exact;
  return (issuer, name) => issuer === match.issuer && fits(name);
}

export function nameOf({ client_id, subject, subject_pattern }: Match): string {
  return client_id ?? subject ?? subject_pattern ?? "";
}

/** Signs of a name; a star of a pattern is `undefined`, because a client id may hold a star of its own. */
type Signs = readonly (string | undefined)[];

function patternOf({ client_id, subject, subject_pattern }: Match): Signs {
  const exact = client_id ?? subject;
  return exact === undefined ? [...(subject_pattern ?? "")].map((sign) => (sign === "*" ? undefined : sign)) : [...exact];
}

/** Whether some text fits both, one row of the table of all their beginnings at a time. */
function patternsMeet(a: Signs, b: Signs): boolean {
  let row: boolean[] = [];
  for (let i = 0; i <= a.length; i++) {
    const above = row;
    row = [];
    for (let j = 0; j <= b.length; j++) {
      const [x, y] = [a[i - 1], b[j - 1]];
      if (i === 0 && j === 0) row.push(true);
      else if (i > 0 && x === undefined && (above[j] === true || (j > 0 && row[j - 1] === true))) row.push(true);
      else if (j > 0 && y === undefined && (row[j - 1] === true || (i > 0 && above[j] === true))) row.push(true);
      else row.push(i > 0 && j > 0 && x === y && above[j - 1] === true);
    }
  }
  return row[b.length] === true;
}
