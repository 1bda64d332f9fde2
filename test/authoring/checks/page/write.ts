// Writes the part of docs/policy/checks.md that follows from the table of checks. A test says when to run it again.
import { writeFileSync } from "node:fs";
import { checksPage, pagePath } from "./page.ts";

writeFileSync(pagePath, await checksPage());
process.stdout.write(`wrote ${pagePath}\n`);
