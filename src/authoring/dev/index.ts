export { type Developed, type DevelopOptions, develop, type ThrowAwayKey, throwAwayKey, throwAwayOwner } from "./develop.ts";
export { watchFolder } from "./watch-folder.ts";
