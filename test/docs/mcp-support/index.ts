export { mcpSupportText } from "./page.ts";
