export { type Developed, type DevelopOptions, develop, type ThrowAwayKey, throwAwayKey, throwAwayOwner } from "./develop.ts";
export { matters, watchFolder } from "./watch-folder.ts";
