export { type MatrixFacts, matrixJson } from "./compact.ts";
export { matrixCsv } from "./csv.ts";
export { matrixHtml } from "./html.ts";
export { matrixText } from "./text.ts";
