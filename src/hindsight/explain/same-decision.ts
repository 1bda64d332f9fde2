import type { Decision } from "../../core/decision.ts";

const members = ["effect", "known", "permits", "reasons", "obligations", "redactions"] as const;

/** Where a second answer differs from a decision, in words; orders say nothing. Empty where they are the same. */
export function differences(decision: Decision, other: Decision | Readonly<Record<string, unknown>>): readonly string[] {
  const answer: Readonly<Record<string, unknown>> = { ...other };
  return members.flatMap((member) => {
    const [recorded, now] = [canonical(decision[member]), canonical(answer[member])];
    return recorded === now ? [] : [`${member}: recorded ${recorded}, now ${now}`];
  });
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "nothing";
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).sort();
  return `{${sorted.join(",")}}`;
}
