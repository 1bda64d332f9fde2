import { baseData } from "./base-data.ts";
import type { Check, CheckText } from "./check.ts";
import { leftOutFile } from "./left-out-file.ts";
import { builtinLeftOut, opaStrict, unknownInput } from "./opa-check.ts";
import { reachChecks } from "./reach/index.ts";
import { headDotted, headForm, headLiteral, keywords, metadataChecks, packageName, unreached } from "./shape/index.ts";
import { absence, inequality, negation, partialBuiltin, pattern, withOutsideTests } from "./silence/index.ts";

/** Every check that is made on each package, in the order of docs/policy/checks.md. */
export const checks: readonly Check[] = [
  packageName,
  ...metadataChecks,
  headForm,
  headDotted,
  headLiteral,
  unreached,
  keywords,
  negation,
  inequality,
  absence,
  pattern,
  partialBuiltin,
  withOutsideTests,
  ...reachChecks,
];

/** Every check there is, those too that are made on other sources than a package. */
export const everyCheck: readonly CheckText[] = [...checks, unknownInput, builtinLeftOut, opaStrict, baseData, leftOutFile];
