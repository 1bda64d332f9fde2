export { nameRules } from "./names.ts";
export { schemaRules } from "./schemas.ts";
export { textRules } from "./texts.ts";
