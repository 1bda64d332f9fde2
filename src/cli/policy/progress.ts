export { type Progress, patience, progressOf } from "../progress.ts";
