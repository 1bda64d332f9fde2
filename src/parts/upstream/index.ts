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
