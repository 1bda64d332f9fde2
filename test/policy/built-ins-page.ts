import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { capabilitiesFile, leftOut } from "../../src/authoring/capabilities.ts";
import { hostBuiltins } from "../../src/parts/policy/builtins/index.ts";
import { hostExceptions, nativeExceptions } from "../parts/policy/builtins/exceptions.ts";

/* Makes docs/policy/built-ins.md: `node test/policy/built-ins-page.ts`. A test makes it anew and compares. */

export const pagePath = fileURLToPath(new URL("../../docs/policy/built-ins.md", import.meta.url));

interface Offered {
  readonly name: string;
  readonly infix?: string;
}

const groupOf = ({ name, infix }: Offered): string => {
  if (infix !== undefined || name === "eq" || name === "assign") return "operators";
  return name.includes(".") ? (name.split(".")[0] ?? "") : "general";
};

export function pageText(): string {
  const builtins: readonly Offered[] = JSON.parse(readFileSync(capabilitiesFile, "utf8")).builtins;
  const groups = Map.groupBy(
    builtins.filter(({ name }) => !name.startsWith("internal.")),
    groupOf,
  );
  const shown = ({ name, infix }: Offered): string => `\`${infix ?? name}\`${hostBuiltins.has(name) ? "*" : ""}`;
  const rows = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, all]) => `| ${group} | ${all.map(shown).join(", ").replaceAll("`|`", "`\\|`")} |`);
  const out = Object.entries(leftOut).map(([name, { reason, remedy }]) => `| \`${name}\` | ${reason} | ${remedy.replaceAll("|", "\\|")} |`);
  const differences = [...hostExceptions, ...nativeExceptions].map(
    ({ expression, opa, ours, reason, instead = "" }) =>
      `| \`${expression.replaceAll("|", "\\|")}\` | ${opa} | ${ours === "refused" ? "the decision denies" : ours} | ${reason} | ${instead.replaceAll("|", "\\|")} |`,
  );
  return `# Built-in functions

What a policy may call. The list is \`policies/capabilities.json\`, which OPA gets at every build; it is made from what is
really there (\`node test/policy/write-capabilities.ts\`), and this page from it (\`node test/policy/built-ins-page.ts\`).
Functions with a star are supplied by the gateway, the others run inside the compiled module. More than two thousand cases
hold the supplied ones equal to \`opa eval\`, in value and in whether they raise an error.

A supplied function that fails raises a flag, and the decision denies with \`policy.builtin_error\`. Each is bounded in time and
memory: an argument that asks for more (a regular expression that takes hundreds of thousands of steps, a network with more addresses than
65 536, a text above 256 KiB) is an error. A function inside the module that fails is undefined without a trace, so the build
wants it in a rule or function with a \`default\`. \`time.now_ns\` is \`input.time.ns\`, frozen for the decision. The rules of time
zones are those of the Node that runs; where a government changed one lately, OPA on another machine may not know it yet.

| group | functions |
| --- | --- |
${rows.join("\n")}

## Left out

A policy that calls one of these is refused at build.

| function | why | instead |
| --- | --- | --- |
${out.join("\n")}

## Where the answer differs from OPA's

All known differences, one example each. Where the gateway supplies the function, the difference is always an error, never
another value. The others are inside the module that OPA itself compiles, and generated cases of every one of its functions
are compared too. The errors of \`json.match_schema\` stand in the order of the keys; in OPA those of one object stand in any.

| expression | OPA | here | why | instead |
| --- | --- | --- | --- | --- |
${differences.join("\n")}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(pagePath, pageText());
