import { join } from "node:path";
import { findOpa } from "../../authoring/index.ts";
import { demoBundles, policiesDir, writeDemoBundles } from "./build-demo-bundle.ts";

const root = join(policiesDir, "..");
const opa = await findOpa({ env: process.env, installInto: join(root, ".cache", "bin") });
if (opa.ok) {
  await writeDemoBundles(join(root, "bundles"), opa.value);
  process.stdout.write(`Wrote ${demoBundles.map(({ file }) => `bundles/${file}`).join(", ")} and bundles/keyring.json.\n`);
} else {
  process.stderr.write(`${opa.error}\n`);
  process.exitCode = 69;
}
