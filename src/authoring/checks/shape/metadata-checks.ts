import type { Check, CheckText } from "../check.ts";
import { type MetadataCheck, readMetadata } from "./metadata.ts";

const rule = `
deny contains {"code": "example.closed"} if input.time.hour < 8
`;
const right = `# METADATA
# custom:
#   servers: [crm]
package policy.example
${rule}`;

export const metadataChecks: readonly Check[] = [
  metadataCheck({
    id: "metadata-missing",
    title: "a package without METADATA",
    danger: "nothing says whose targets the package judges, so it would judge none, and its denials would be lost",
    wanted: "# METADATA with custom.servers directly above the package line",
    example: { wrong: `package policy.example\n${rule}`, right },
  }),
  metadataCheck({
    id: "metadata-key",
    title: "METADATA with a key that is misspelt, misplaced or there twice",
    danger: "OPA drops a key that it does not know, and the package judges other targets than it says",
    wanted: "custom.servers and custom.kinds, once a package",
    example: {
      wrong: `# METADATA
# custom:
#   servers: [crm]
#   kind: [tool, resource]
package policy.example
${rule}`,
      right: `# METADATA
# custom:
#   servers: [crm]
#   kinds: [tool, resource]
package policy.example
${rule}`,
    },
  }),
  metadataCheck({
    id: "metadata-value",
    title: "METADATA that names an unknown server or kind",
    danger: "a package for a server that does not exist is never asked, and its denials are lost",
    wanted: 'ids of catalogued servers or ["*"], and kinds of targets',
    example: {
      wrong: right.replace("[crm]", "[cmr]"),
      right,
    },
  }),
];

function metadataCheck(text: CheckText & { readonly id: MetadataCheck }): Check {
  return {
    ...text,
    find({ modules, tables }, report) {
      const servers = tables && new Set(Object.keys(tables.catalog.servers));
      for (const [check, finding] of readMetadata(modules, servers).findings) if (check === text.id) report(finding);
    },
  };
}
