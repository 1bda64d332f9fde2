import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { didYouMean, foundText, type Mistake, oneOf, pathText } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { parseYaml } from "../../core/yaml-text.ts";
import { lintRules } from "./lint-server.ts";

const FILE = "lint.yaml";

const pattern = z.string().min(1).describe("the name of a tool, where * stands for any run of characters");

const serverLint = z.strictObject({
  required: z.array(pattern).default([]),
  forbidden: z.array(pattern).default([]),
  accepted: z
    .array(
      z.strictObject({
        rule: z.string().describe("a rule that toolgate catalog lint names"),
        item: z.string().optional().describe('what it is about, e.g. "tool get_customer"'),
        why: z.string().min(1).describe("why a reviewer accepted it"),
      }),
    )
    .default([]),
});

const fileSchema = z.strictObject({
  version: z.literal(1).describe("1, the version of this file"),
  servers: z.record(z.string(), serverLint).describe("by server id; * for all servers").default({}),
});

export type ServerLint = z.infer<typeof serverLint>;

/** What a company wants of its servers' definitions. It only matters to authors: nothing of it is in a bundle. */
export interface LintFile {
  of(server: string): ServerLint;
}

/** Reads `<policiesDir>/lint.yaml`; without the file nothing is required, forbidden or accepted. */
export async function readLintFile(policiesDir: string, servers: Iterable<string>): Promise<Result<LintFile, readonly Mistake[]>> {
  const text = await readFile(join(policiesDir, FILE), "utf8").catch(() => undefined);
  if (text === undefined) return ok(lintFile({}));
  const yaml = parseYaml(FILE, text);
  if (!yaml.ok) return yaml;
  const { value, line } = yaml.value;
  const placed = (steps: readonly PropertyKey[], told: Pick<Mistake, "found" | "wanted" | "remedy">): Mistake => {
    const at = line(steps);
    return { file: FILE, path: pathText(steps), ...told, ...(at !== undefined && { line: at }) };
  };
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success)
    return err(mistakesOf(fileSchema, value, parsed.error.issues).map(({ steps, path: _, ...told }) => placed(steps, told)));
  const mistakes = [...unknownNames(parsed.data, new Set(servers))].map(({ steps, ...told }) => placed(steps, told));
  return mistakes.length > 0 ? err(mistakes) : ok(lintFile(parsed.data.servers));
}

function* unknownNames({ servers }: z.infer<typeof fileSchema>, known: ReadonlySet<string>) {
  const rules = lintRules.map(({ id }) => id);
  const unknown = (steps: readonly PropertyKey[], word: string, wanted: string, words: Iterable<string>) => {
    const remedy = didYouMean(word, words);
    return { steps, found: foundText(word), wanted, ...(remedy !== undefined && { remedy }) };
  };
  for (const [server, { accepted }] of Object.entries(servers)) {
    if (server !== "*" && !known.has(server)) yield unknown(["servers", server], server, "the id of a server in servers.yaml, or *", known);
    for (const [at, { rule }] of accepted.entries())
      if (!rules.includes(rule)) yield unknown(["servers", server, "accepted", at, "rule"], rule, oneOf(rules), rules);
  }
}

function lintFile(servers: Readonly<Record<string, ServerLint>>): LintFile {
  const none: ServerLint = { required: [], forbidden: [], accepted: [] };
  const own = (server: string) => (Object.hasOwn(servers, server) ? servers[server] : undefined) ?? none;
  return {
    of(server) {
      const [all, one] = [own("*"), own(server)];
      return {
        required: [...all.required, ...one.required],
        forbidden: [...all.forbidden, ...one.forbidden],
        accepted: [...all.accepted, ...one.accepted],
      };
    },
  };
}
