export { explanationText, type TextOptions } from "./explanation-text.ts";
export type { ExplainPaint } from "./lines.ts";
