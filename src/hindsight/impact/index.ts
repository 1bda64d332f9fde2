export { impactOn } from "./impact.ts";
export { impactMarkdown } from "./markdown-report.ts";
export type { Impact, Sample } from "./report.ts";
export { impactText } from "./text-report.ts";
export { type ImpactWord, impactWords } from "./words.ts";
