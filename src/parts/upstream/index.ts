export { type UpstreamConfig, upstreamConfig } from "./config.ts";
export { createUpstream, type UpstreamOptions } from "./create-upstream.ts";
export { type ParamHeader, paramHeaders } from "./param-headers.ts";
export type {
  Listing,
  LiveTool,
  Progress,
  ServerConnection,
  ServerRequest,
  Upstream,
  UpstreamCall,
  UpstreamFailure,
  UpstreamReply,
} from "./upstream.ts";
