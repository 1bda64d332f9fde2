import type { Check } from "../check.ts";

/** Words that Rego v1 has anyway. */
const known: ReadonlySet<string> = new Set(["in", "every", "if", "contains"]);

export const keywords: Check = {
  id: "keywords",
  title: "an import that changes what the words of Rego mean",
  danger: "a `not`, `and` or `or` of another Rego is read otherwise than in the other files, and these checks would look past it",
  wanted: "Rego v1 as it is: no import, or import rego.v1",
  example: {
    wrong: `# METADATA
# custom:
#   servers: [crm]
package policy.example

import future.keywords.not

deny contains {"code": "example.closed"} if not startswith(input.user.id, "staff-")
`,
    right: `# METADATA
# custom:
#   servers: [crm]
package policy.example

deny contains {"code": "example.closed"} if not staff

staff if startswith(input.user.id, "staff-")
`,
  },
  find({ modules }, report) {
    for (const module of modules) {
      for (const { path, line } of module.imports) {
        const [root, ...rest] = path;
        const harmless = root === "rego" ? rest.join(".") === "v1" : root !== "future" || (rest.length === 2 && known.has(rest[1] ?? ""));
        if (!harmless) report({ at: { module }, line, found: `import ${path.join(".")}`, mended: "import rego.v1" });
      }
    }
  },
};
