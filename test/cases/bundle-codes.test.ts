import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BundleCode } from "../../src/parts/bundle/bundle.ts";

const offered = "e2e/bad-input-bundles.test.ts";
const tried = "e2e/bad-input-policies.test.ts";

/** Where each code of a refused bundle is proved on a running gate. A code without an entry does not compile. */
const provedIn: Readonly<Record<BundleCode, string>> = {
  "bundle.unreadable": offered,
  "bundle.too_large": offered,
  "bundle.unsigned": offered,
  "bundle.bad_signature": offered,
  "bundle.unknown_key": offered,
  "bundle.too_few_signatures": offered,
  "bundle.file_changed": offered,
  "bundle.file_unlisted": offered,
  "bundle.file_missing": offered,
  "bundle.invalid_manifest": offered,
  "bundle.wrong_place": offered,
  "bundle.expired": offered,
  "bundle.older_sequence": offered,
  "bundle.same_sequence_other_content": offered,
  "bundle.invalid_catalog": offered,
  "bundle.unknown_library": tried,
  "bundle.unsupported": tried,
  "bundle.golden_case_failed": tried,
  "bundle.too_slow": tried,
};

test.each(Object.entries(provedIn))("%s is what a running gate refuses a bundle with, in %s", (code, file) => {
  expect(readFileSync(join(import.meta.dirname, "..", file), "utf8")).toContain(`"${code}"`);
});
