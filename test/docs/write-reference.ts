// Writes the parts of docs/ that follow from the code: reasons, configuration, commands, what of MCP is supported. A test says when to run it again.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { referencePages } from "./reference.ts";

for (const [page, text] of referencePages()) {
  writeFileSync(join(import.meta.dirname, "../..", page), text);
  process.stdout.write(`wrote ${page}\n`);
}
