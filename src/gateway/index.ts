export type {
  AuthenticationRefused,
  CallAnswer,
  Caller,
  CallRequest,
  Exchange,
  Gateway,
  ListedTool,
  Network,
  Readiness,
  Refused,
  ToolList,
} from "./gateway.ts";
