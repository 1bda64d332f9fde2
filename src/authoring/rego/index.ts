export { alwaysHasValue, isNeverUndefined } from "./always.ts";
export { type AuthorModules, authorModules, type Clause, hasDefault, reachedFrom } from "./author-package.ts";
export { needsWorker } from "./iteration.ts";
export { type Naming, namesOf } from "./naming.ts";
export { type ReadPath, readsOf } from "./reads.ts";
export { childrenOf, namesIn, ownName } from "./references.ts";
export {
  type Annotation,
  fixedPath,
  type Head,
  type Import,
  isNode,
  isTerm,
  jsonOf,
  type Module,
  nameOf,
  opaErrors,
  parseModules,
  type Rule,
  type Term,
} from "./rego-ast.ts";
export {
  type Call,
  callAt,
  type Enclosure,
  isComprehension,
  isEvery,
  isExpression,
  lineOf,
  type Node,
  type Site,
  sitesOf,
  textOf,
} from "./walk.ts";
