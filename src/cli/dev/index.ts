export { registerDev } from "./dev.ts";
