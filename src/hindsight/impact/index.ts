export { impactOn } from "./impact.ts";
export { impactMarkdown } from "./markdown-report.ts";
export type { Impact, ImpactRow, Sample, WordCounts } from "./report.ts";
export { impactText } from "./text-report.ts";
export { type Changed, type ImpactWord, impactWords } from "./words.ts";
