export { kinds, ownServer, type PackageFacts } from "./shape/index.ts";
