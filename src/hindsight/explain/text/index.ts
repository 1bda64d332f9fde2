export { explanationText, type TextOptions } from "./explanation-text.ts";
