export { checkJson } from "./check.ts";
export { type JsonFault, type JsonLimits, requestLimits, resultLimits, type Span } from "./json.ts";
export { maxWidth, parseJson } from "./parse.ts";
export { topLevelSpans } from "./spans.ts";
export { decodeUtf8 } from "./utf8.ts";
