import type { Module } from "../../rego/index.ts";
import type { Check } from "../check.ts";

/** Names of packages that already mean something in reasons and records. */
const reserved: ReadonlySet<string> = new Set(["toolgate", "role", "table"]);

/** The last part of the package if a file declares what an author may declare: `package policy.<name>`, one level deep. */
export function packageNameOf({ package: path }: Module): string | undefined {
  const [root, name, deeper] = path;
  if (root !== "policy" || name === undefined || deeper !== undefined) return undefined;
  return /^[a-z][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : undefined;
}

export const packageName: Check = {
  id: "package-name",
  title: "a package other than policy.<name>, one level deep",
  danger:
    "the library never asks what stands elsewhere, so its denials are lost; and in the library's own package a rule could permit anything",
  wanted: "package policy.<name>, one level deep, in lower case",
  example: {
    wrong: `# METADATA
# custom:
#   servers: [crm]
package policy.example.hours

deny contains {"code": "example.closed"} if input.time.hour < 8
`,
    right: `# METADATA
# custom:
#   servers: [crm]
package policy.example

deny contains {"code": "example.closed"} if input.time.hour < 8
`,
  },
  find({ modules }, report) {
    for (const module of modules) {
      if (packageNameOf(module) !== undefined) continue;
      const declared = module.package.join(".");
      const [root, name = "", deeper] = module.package;
      const line = module.packageLine;
      if (root === "policy" && deeper === undefined && reserved.has(name)) {
        report({ at: { module }, line, found: `package ${declared}, a reserved name`, wanted: "another name" });
        continue;
      }
      const remedy = root === "toolgate" ? "the product library is added by the build; a rule in it could permit anything" : undefined;
      report({ at: { module }, line, found: `package ${declared}`, ...(remedy !== undefined && { remedy }) });
    }
  },
};
