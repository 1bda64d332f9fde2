export { isStateless, namesStateless } from "./envelope.ts";
export { postStateless } from "./stateless-door.ts";
