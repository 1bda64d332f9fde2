export type { Comparing } from "./comparing.ts";
