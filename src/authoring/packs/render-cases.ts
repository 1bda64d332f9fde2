import { parse, stringify } from "yaml";
import { z } from "zod";
import type { Pack } from "./pack.ts";
import type { Witness } from "./witness.ts";

const members = z.record(z.string(), z.unknown());

const templateSchema = z.strictObject({
  cases: z.array(
    z.strictObject({
      /** `{server}` and `{tool}` are filled in. */
      name: z.string().min(1),
      entrypoint: z.enum(["decide", "inspect"]),
      /** Left out where another package of the author has this rule, because lists are compared as a whole. */
      unless: z.enum(["oblige"]).optional(),
      /** Laid over the whole input of the witness. */
      input: members,
      want: members,
    }),
  ),
});

/** The golden cases of a pack as a file of its author, about a call that this author's tables permit. */
export function renderCases(pack: Pack, witness: Witness, obliges: boolean): string | undefined {
  const { cases } = templateSchema.parse(parse(pack.cases));
  const rendered = cases
    .filter(({ unless }) => unless === undefined || !obliges)
    .map(({ name, entrypoint, input, want }) => ({
      name: name.replaceAll("{server}", witness.server).replaceAll("{tool}", witness.tool),
      entrypoint,
      input: overlaid(witness.input, input),
      want,
    }));
  if (rendered.length === 0) return undefined;
  return `# Golden cases of the pack ${pack.id}, written when it was added; they are yours.\n${stringify({ version: 1, cases: rendered }, { lineWidth: 140, aliasDuplicateObjects: false })}`;
}

/** Tables member by member; anything else as a whole. */
function overlaid(under: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isTable(below) && isTable(value) ? overlaid(below, value) : value;
  }
  return result;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
