export {
  type AdminApi,
  type AdminRoute,
  type AdminRouteName,
  adminApi,
  adminDoor,
  bundleTypes,
  createAdminServer,
  openApiText,
  type Problem,
  problemSchema,
  type QuarantineBody,
  type QuarantinedAnswer,
  type RolloutBody,
  type StagedAnswer,
  type StatusAnswer,
  type Whoami,
} from "./admin/index.ts";
export { followCertificate } from "./certificate.ts";
export { type HttpConfig, httpConfig } from "./config.ts";
export { isLoopback } from "./listen.ts";
export { type DoorParts, mcpDoor } from "./mcp/index.ts";
export { type MetricsSource, metricsDoor, type OpsParts, opsDoor } from "./ops/index.ts";
export { createHttpServer } from "./server.ts";
