export { brokenOff, denied, failedAnswer } from "./failure.ts";
export { type Followed, follow } from "./follow.ts";
export { readBody } from "./read-body.ts";
export { isLoopback, isSafeUrl, isThisMachine, shownUrl } from "./safe-url.ts";
export { type Answer, headerOf, type Outgoing, type TlsFiles, Transport } from "./transport.ts";
export { whatItIs } from "./what-it-is.ts";
