import { z } from "zod";
import { didYouMean, foundText, oneOf } from "../../core/mistakes.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import type { WrittenCase } from "./case-files.ts";
import type { CaseEntrypoint } from "./whole-case.ts";

type Members = Readonly<Record<string, unknown>>;

const anything = z.record(z.string(), z.unknown());
const listed = z.array(z.union([z.string(), anything]));

/** What may be wanted of each kind of answer: its members, and the words that stand for some of them. */
const answers = {
  decide: {
    members: z.strictObject({
      effect: z.enum(["allow", "deny", "ask"]).optional(),
      known: z.boolean().optional(),
      permits: listed.optional().describe("a list of ids, or of tables"),
      reasons: listed.optional().describe("a list of codes, or of tables"),
      obligations: z.array(anything).optional().describe("a list of tables such as { type: budget, name: … }"),
      redactions: listed.optional().describe("a list of paths, or of tables"),
    }),
    words: {
      allow: { effect: "allow", known: true, reasons: [] },
      ask: { effect: "ask", known: true },
      deny: { effect: "deny" },
      closed: { effect: "deny", known: true },
      unknown: { effect: "deny", known: false, obligations: [] },
    },
  },
  discover: {
    members: z.strictObject({ visible: z.array(z.string()).describe("a list of what is listed") }),
    words: { none: { visible: [] } },
  },
  admit: { members: z.strictObject({ reasons: listed.describe("a list of codes, or of tables") }), words: { allow: { reasons: [] } } },
  inspect: {
    members: z.strictObject({
      withheld: listed.optional().describe("a list of codes, or of tables"),
      redactions: listed.optional().describe("a list of paths, or of tables"),
    }),
    words: { allow: { withheld: [], redactions: [] } },
  },
  mask: { members: z.strictObject({ paths: z.array(z.string()).describe("a list of paths of the input") }), words: {} },
} as const satisfies Record<CaseEntrypoint, { members: z.ZodObject; words: Readonly<Record<string, Members>> }>;

/** The member that one text stands for, in each list. */
const shorthand: Readonly<Record<string, string>> = { permits: "id", reasons: "code", withheld: "code", redactions: "path" };

/** `want` of the short form as the whole form has it; undefined where it cannot be, which is told. */
export function wantOf(written: WrittenCase, entrypoint: CaseEntrypoint, want: string | Members): Members | undefined {
  const { members, words } = answers[entrypoint];
  if (typeof want === "string") return wordOf(written, want, words);
  const parsed = members.safeParse(want);
  if (parsed.success && Object.keys(parsed.data).length > 0) return spelledOut(parsed.data);
  if (parsed.success) written.tell(["want"], { found: "an empty table", wanted: `some of ${Object.keys(members.shape).join(", ")}` });
  else for (const { steps, ...told } of mistakesOf(members, want, parsed.error.issues)) written.tell(["want", ...steps], told);
  return undefined;
}

function wordOf({ tell }: WrittenCase, word: string, words: Readonly<Record<string, Members>>): Members | undefined {
  if (Object.hasOwn(words, word)) return words[word];
  const known = Object.keys(words);
  const wanted = known.length === 0 ? "a table of what is wanted" : `${oneOf(known)}, or a table of what is wanted`;
  tell(["want"], { found: foundText(word), wanted, remedy: didYouMean(word, known) });
  return undefined;
}

function spelledOut(want: Members): Members {
  return Object.fromEntries(
    Object.entries(want).map(([member, value]) => {
      const named = shorthand[member];
      if (named === undefined || !Array.isArray(value)) return [member, value];
      return [member, value.map((one: unknown) => (typeof one === "string" ? { [named]: one } : one))];
    }),
  );
}
