export type { ComparedPair, Comparing } from "./comparing.ts";
