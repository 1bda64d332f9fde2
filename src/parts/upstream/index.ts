export { declaredCapabilities } from "./capabilities.ts";
export { type UpstreamConfig, upstreamConfig } from "./config.ts";
export { createUpstream, type UpstreamOptions } from "./create-upstream.ts";
export { type ParamHeader, paramHeaders } from "./param-headers.ts";
export type {
  Listing,
  ListKind,
  LiveTool,
  LogMessage,
  Offers,
  Progress,
  ServerConnection,
  ServerRequest,
  Upstream,
  UpstreamAsk,
  UpstreamCall,
  UpstreamFailure,
  UpstreamReply,
} from "./upstream.ts";
