export { declaredRules, headDotted, headForm, headLiteral, sevenNames } from "./heads.ts";
export { keywords } from "./keywords.ts";
export { kinds, ownServer, type PackageFacts, readMetadata } from "./metadata.ts";
export { metadataChecks } from "./metadata-checks.ts";
export { packageName, packageNameOf } from "./package-name.ts";
export { unreached } from "./unreached.ts";
