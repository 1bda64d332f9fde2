import type { Check } from "../check.ts";
import { claimsOfTheCaller } from "./caller-claims.ts";
import { codeOfTheProduct } from "./codes.ts";
import { constrainWithoutArguments } from "./constrain-without-arguments.ts";
import { elementShape, maskThatNeverFits } from "./elements.ts";
import { foreignData, missingData } from "./foreign-data.ts";
import { memberOfAnotherKind, resultBeforeThereIsOne } from "./members-of-kinds.ts";
import { argumentThatMayBeMissing } from "./missing-arguments.ts";
import { templateThatIsNotFilled } from "./unfilled-templates.ts";
import { unknownBudget, unknownName } from "./unknown-names.ts";
import { unlikeTypes } from "./unlike-types.ts";
import { unseenInPermitAndDeny } from "./unseen-members.ts";

/** What a rule reads and names, followed through helpers, functions, names and imports. In the order of docs/policy/checks.md. */
export const reachChecks: readonly Check[] = [
  unseenInPermitAndDeny,
  constrainWithoutArguments,
  argumentThatMayBeMissing,
  unlikeTypes,
  resultBeforeThereIsOne,
  memberOfAnotherKind,
  claimsOfTheCaller,
  foreignData,
  missingData,
  unknownName,
  unknownBudget,
  templateThatIsNotFilled,
  elementShape,
  maskThatNeverFits,
  codeOfTheProduct,
];
