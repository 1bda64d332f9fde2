import { z } from "zod";
import { foundText, pathText } from "../../core/mistakes.ts";
import { groupNameSchema, idSchema, serverIdSchema } from "./fields.ts";
import { promptNameSchema, toolNameSchema } from "./target-schema.ts";

/** `obliged` of a bundle's data: what budgets.yaml and approvals.yaml ask of everybody who uses a target, spelled out by the build. */

const SMALLEST_COST = "{input.args.x}".length;
const costTemplate = /^\{input\.args((?:\.[A-Za-z0-9_-]+)+)\}$/;

export const costSchema = z
  .union([z.int().min(1), z.string().min(SMALLEST_COST).max(256).regex(costTemplate)])
  .describe('a whole number from 1, or one argument of the call, such as "{input.args.amount}"');

export const budgetObligation = z.strictObject({ type: z.literal("budget"), name: idSchema, cost: costSchema });

const MOST_TTL_S = 31 * 86_400;

export const approveObligation = z.strictObject({
  type: z.literal("approve"),
  group: groupNameSchema,
  ttl_s: z.int().min(1).max(MOST_TTL_S).describe(`seconds, 1 to ${MOST_TTL_S}`),
  min: z.int().min(1).max(100).describe("how many people, 1 to 100"),
});

const asked = z.array(z.discriminatedUnion("type", [budgetObligation, approveObligation])).min(1);

const byKind = z.strictObject({
  tool: z.record(toolNameSchema, asked).optional(),
  prompt: z.record(promptNameSchema, asked).optional(),
  resource: z.record(idSchema, asked).optional(),
});

export const obligedSchema = z.record(serverIdSchema, byKind);

export type Obliged = z.infer<typeof obligedSchema>;
export type TableObligation = z.infer<typeof asked>[number];

/** Arguments that the costs of a server's targets of one kind are taken from, as input paths: a decision depends on each of them. */
export function templatePaths(kinds: Obliged[string] | undefined, kind: string): readonly (readonly string[])[] {
  const paths = new Map<string, readonly string[]>();
  const own = kind === "tool" || kind === "prompt" || kind === "resource" ? kinds?.[kind] : undefined;
  for (const obligations of Object.values(own ?? {})) {
    for (const obligation of obligations) {
      const path = obligation.type === "budget" ? costPath(obligation.cost) : undefined;
      if (path !== undefined) paths.set(path.join("\n"), ["args", ...path]);
    }
  }
  return [...paths.values()];
}

/** The argument that a cost is taken from, as steps below `args`. */
export function costPath(cost: number | string): readonly string[] | undefined {
  if (typeof cost === "number") return undefined;
  return costTemplate.exec(cost)?.[1]?.slice(1).split(".");
}

type Rows = Readonly<Record<string, object>>;

interface Catalogued {
  readonly tools: Rows;
  readonly prompts: Rows;
  readonly resources: Rows;
  readonly budgets: object;
  readonly groups: object;
}

const tableOf = { tool: "tools", prompt: "prompts", resource: "resources" } as const;

/** Obligations for what is not catalogued, and those that name what the bundle does not have. */
export function obligedMistakes(
  obliged: Obliged,
  catalog: Catalogued,
): readonly { readonly path: string; readonly found: string; readonly wanted: string }[] {
  const mistakes: { readonly path: string; readonly found: string; readonly wanted: string }[] = [];
  const want = (table: object, key: string, steps: readonly PropertyKey[], what: string): void => {
    if (!Object.hasOwn(table, key)) mistakes.push({ path: pathText(steps), found: foundText(key), wanted: `${what} of this bundle` });
  };
  for (const [server, kinds] of Object.entries(obliged)) {
    for (const kind of ["tool", "prompt", "resource"] as const) {
      const known = catalog[tableOf[kind]];
      for (const [name, obligations] of Object.entries(kinds[kind] ?? {})) {
        const steps = ["obliged", server, kind, name];
        want((Object.hasOwn(known, server) ? known[server] : undefined) ?? {}, name, steps, `a ${kind}`);
        for (const one of obligations) {
          if (one.type === "budget") want(catalog.budgets, one.name, steps, "a budget");
          else want(catalog.groups, one.group, steps, "a group");
        }
      }
    }
  }
  return mistakes;
}
