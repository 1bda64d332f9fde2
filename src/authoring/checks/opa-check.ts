import { z } from "zod";
import { didYouMean, oneOf } from "../../core/mistakes.ts";
import { builtinMistake, capabilitiesFile } from "../capabilities.ts";
import { inputSchemaFile } from "../input-schema.ts";
import type { Mistakes } from "../mistakes.ts";
import { type Opa, OpaFailed, quoted, runOpa } from "../opa.ts";
import { jsonOf } from "../rego/index.ts";
import type { CheckText } from "./check.ts";

const header = `# METADATA
# custom:
#   servers: [crm]
package policy.example
`;

export const unknownInput: CheckText = {
  id: "unknown-input",
  title: "a path of the input that does not exist",
  danger: "it never has a value, so the rule that reads it never holds",
  wanted: "a path that policies/schemas/input.schema.json has",
  example: {
    wrong: `${header}
deny contains {"code": "example.closed"} if input.tool.risc == "high"
`,
    right: `${header}
deny contains {"code": "example.closed"} if input.tool.risk == "high"
`,
  },
};

export const opaStrict: CheckText = {
  id: "opa-strict",
  title: "what OPA's strict check refuses",
  danger: "a variable that nothing uses still needs its value, and a type that does not fit never does: the rule is silent",
  wanted: "a policy that passes opa check --strict",
  example: {
    wrong: `${header}
deny contains {"code": "example.closed"} if {
	input.tool.risk == "high"
	team := input.agent.team
}
`,
    right: `${header}
deny contains {"code": "example.closed"} if {
	input.tool.risk == "high"
}
`,
  },
};

export const builtinLeftOut: CheckText = {
  id: "built-in-left-out",
  title: "a built-in that no gateway offers",
  danger: "its answer does not follow from its arguments, or no evaluator of the gateway gives it: such a bundle is taken by no gateway",
  wanted: "a built-in of docs/policy/built-ins.md",
  example: {
    wrong: `${header}
deny contains {"code": "example.closed"} if opa.runtime().env.STAGE == "production"
`,
    right: `${header}
deny contains {"code": "example.closed"} if input.environment == "production"
`,
  },
};

const errorsSchema = z.looseObject({
  errors: z.array(
    z.looseObject({
      message: z.string(),
      location: z.looseObject({ file: z.string().optional(), row: z.int().optional() }).optional(),
      details: z
        .looseObject({
          ref: z.array(z.looseObject({ type: z.string(), value: z.unknown() })).optional(),
          pos: z.int().optional(),
          oneOf: z.array(z.unknown()).optional(),
        })
        .nullish()
        .catch(undefined),
    }),
  ),
});
type OpaError = z.infer<typeof errorsSchema>["errors"][number];

/** OPA's own check of the author's modules together, with the types of our input. What it refuses becomes mistakes at the author's lines. */
export async function checkWithOpa(opa: Opa, policiesDir: string, files: readonly string[], mistakes: Mistakes): Promise<void> {
  if (files.length === 0) return;
  const ours = ["--capabilities", capabilitiesFile, ...files];
  const found = await errorsOf(opa, policiesDir, ["--strict", ...ours]);
  if (found.length === 0) return;
  // OPA stops after the first of its stages that finds anything: what is unused would hide what is left out, and that the types.
  found.push(...(await errorsOf(opa, policiesDir, ours)), ...(await errorsOf(opa, policiesDir, files)));
  const told = new Set<string>();
  for (const error of found) {
    const { file = "policy", row } = error.location ?? {};
    const place = JSON.stringify([file, row, error.message]);
    // Words of another Rego are told already, by their own check.
    const known = mistakes.all.some((one) => one.check === "keywords" && one.file === file && one.line === row);
    if (known || told.has(place)) continue;
    told.add(place);
    mistakes.add({ file, ...(row !== undefined && { line: row }), ...(unknownPath(error) ?? leftOut(error, file) ?? refusedByOpa(error)) });
  }
}

async function errorsOf(opa: Opa, policiesDir: string, more: readonly string[]): Promise<OpaError[]> {
  const args = ["check", "--format", "json", "--max-errors", "0", "--schema", inputSchemaFile, ...more];
  const { code, stdout, stderr } = await runOpa(opa, args, policiesDir);
  if (code === 0) return [];
  const parsed = errorsSchema.safeParse(jsonOf(stdout) ?? jsonOf(stderr));
  if (!parsed.success) throw new OpaFailed(opa, `opa check said ${quoted(stderr + stdout)}`);
  return parsed.data.errors;
}

function leftOut({ message }: OpaError, file: string) {
  const mistake = builtinMistake(message, file, undefined);
  const { id, danger } = builtinLeftOut;
  return mistake && { ...mistake, check: id, danger };
}

function refusedByOpa({ message }: OpaError) {
  return { found: message, wanted: opaStrict.wanted, check: opaStrict.id, danger: opaStrict.danger };
}

/** `input.usr.id`, with the nearest name that is there. */
function unknownPath({ details }: OpaError) {
  const { ref, pos, oneOf: known } = details ?? {};
  const word = pos === undefined ? undefined : ref?.[pos]?.value;
  if (ref?.[0]?.value !== "input" || pos === undefined || typeof word !== "string" || known === undefined) return undefined;
  const names = known.filter((name) => typeof name === "string");
  const before = ref
    .slice(0, pos)
    .map(({ type, value }) => (type === "string" || value === "input" ? String(value) : "_"))
    .join(".");
  // What stands behind may be a name that OPA made up.
  const after = ref.slice(pos + 1);
  const fixed = after.slice(0, after.findIndex(({ type }) => type !== "string") >>> 0).map(({ value }) => String(value));
  const whole = (name: string) => [before, name, ...fixed].join(".");
  const near = didYouMean(word, names);
  const name = names.find((one) => near === `did you mean ${JSON.stringify(one)}?`);
  return {
    found: whole(word),
    wanted: `${before}.${names.length === 1 ? "" : "<name>, "}${oneOf(names)}`,
    ...(name !== undefined && { remedy: `did you mean "${whole(name)}"?` }),
    check: unknownInput.id,
    danger: unknownInput.danger,
  };
}
