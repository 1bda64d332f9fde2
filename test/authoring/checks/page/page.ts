import { readFileSync } from "node:fs";
import { join } from "node:path";
import { baseData, checkBaseData } from "../../../../src/authoring/checks/base-data.ts";
import { type CheckText, everyCheck } from "../../../../src/authoring/checks/index.ts";
import { checkLeftOut, leftOutFile } from "../../../../src/authoring/checks/left-out-file.ts";
import { gatherMistakes } from "../../../../src/authoring/mistakes.ts";
import { formatMistakes, type Mistake } from "../../../../src/core/mistakes.ts";
import { table } from "../../../docs/markdown.ts";
import { mistakesIn } from "../checked.ts";

export const pagePath = join(import.meta.dirname, "../../../../docs/policy/checks.md");

/** What stands above this line is written by hand; what stands below is written from the table of checks, and tried. */
const mark = "<!-- Below this line: written by `node test/authoring/checks/page/write.ts`, do not edit. -->";

/** The page as it should be. */
export async function checksPage(): Promise<string> {
  const text = readFileSync(pagePath, "utf8");
  const end = text.indexOf(mark);
  if (end === -1) throw new Error(`"${pagePath}" has no line "${mark}"`);
  const rows = everyCheck.map(({ id, title }) => [`[\`${id}\`](#${id})`, sentence(title)]);
  const told = await toldOf(everyCheck);
  const sections = everyCheck.map((check) => section(check, told.get(check.id) ?? []));
  return `${text.slice(0, end)}${mark}\n\n${[table(["check", "refuses"], rows), ...sections].join("\n\n")}\n`;
}

/** What the checks say about each wrong example, as if it stood alone. */
async function toldOf(checks: readonly CheckText[]): Promise<ReadonlyMap<string, readonly Mistake[]>> {
  const name = (id: string) => `x${checks.findIndex((check) => check.id === id)}x`;
  const files = (ids: readonly string[]) =>
    Object.fromEntries(
      checks
        .filter(({ id }) => ids.includes(id))
        .map(({ id, example }) => [`policy/${name(id)}.rego`, example.wrong.replace("policy.example", `policy.${name(id)}`)]),
    );
  const alone = ["package-name", "keywords"]; // OPA's own check is not asked where a file is no package, and stops at unknown words
  const ofFiles = new Map([
    [baseData.id, gatherMistakes()],
    [leftOutFile.id, gatherMistakes()],
  ]);
  checkBaseData(["policy/clients/data.json"], ofFiles.get(baseData.id) ?? gatherMistakes());
  await checkLeftOut(["policy/stress_test.rego"], async () => leftOutFile.example.wrong, ofFiles.get(leftOutFile.id) ?? gatherMistakes());
  const others = checks.map(({ id }) => id).filter((id) => !alone.includes(id) && !ofFiles.has(id));
  const mistakes = [...(await mistakesIn(files(others)))];
  for (const id of alone) mistakes.push(...(await mistakesIn(files([id]))));
  return new Map(
    checks.map(({ id }) => {
      const own = mistakes.filter(({ file, check }) => file === `policy/${name(id)}.rego` && check === id);
      return [id, ofFiles.get(id)?.all ?? own.map((one) => renamed(one, name(id)))];
    }),
  );
}

/** The mistake as it would be told of a package of the example's own name. */
function renamed(mistake: Mistake, name: string): Mistake {
  return JSON.parse(JSON.stringify(mistake).replaceAll(name, "example"));
}

function section({ id, title, danger, wanted, example }: CheckText, told: readonly Mistake[]): string {
  if (told.length === 0) throw new Error(`the wrong example of "${id}" is not refused by it`);
  return [
    `## ${id}`,
    `Refuses ${title}. ${sentence(danger)}`,
    `Wanted: ${sentence(wanted, false)}`,
    fenced("rego wrong", example.wrong),
    fenced("rego", example.right),
    fenced("", formatMistakes(told)),
  ].join("\n\n");
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

function sentence(text: string, capital = true): string {
  return `${capital ? text.charAt(0).toUpperCase() + text.slice(1) : text}${/[.!?]$/.test(text) ? "" : "."}`;
}
