import type { Mistakes } from "../mistakes.ts";
import type { CheckText } from "./check.ts";
import { sevenNames } from "./shape/index.ts";

const rules = `# METADATA
# custom:
#   servers: [crm]
package policy.example

deny contains {"code": "example.closed"} if input.time.hour < 8
`;

export const leftOutFile: CheckText = {
  id: "file-left-out",
  title: "one of the seven rules in a file that no bundle takes",
  danger: "a file that ends in _test.rego is for tests, and one that does not end in .rego is for nobody: its rules are lost",
  wanted: "rules in files that end in .rego, tests in files that end in _test.rego",
  example: { wrong: `# in the file policy/stress_test.rego\n\n${rules}`, right: `# in the file policy/stress.rego\n\n${rules}` },
};

const head = new RegExp(`^(?:default\\s+)?(${[...sevenNames].join("|")})\\b(?!\\.|\\s*:?=\\s*data\\b)`, "m");

/** Files below `policy/` that look like policies and are none: by their names, and for tests by what stands at the beginning of a line. */
export async function checkLeftOut(files: readonly string[], read: (file: string) => Promise<string>, mistakes: Mistakes): Promise<void> {
  const { id, danger, wanted } = leftOutFile;
  for (const file of files) {
    if (/\.rego$/i.test(file) && !file.endsWith(".rego")) {
      const mended = file.replace(/\.rego$/i, ".rego");
      mistakes.add({ file, found: "a name that does not end in .rego", wanted, check: id, danger, mended });
    }
    if (!file.endsWith("_test.rego")) continue;
    const text = await read(file);
    const found = head.exec(text);
    if (found === null) continue;
    const line = text.slice(0, found.index).split("\n").length;
    mistakes.add({
      file,
      line,
      found: `the rule "${found[1]}" in a file of tests`,
      wanted,
      check: id,
      danger,
      mended: file.replace("_test.rego", ".rego"),
    });
  }
}
