export { type HttpConfig, httpConfig, isLoopback } from "./config.ts";
export { type DoorParts, mcpDoor } from "./mcp/index.ts";
export { type MetricsSource, metricsDoor, type OpsParts, opsDoor } from "./ops/index.ts";
export { createHttpServer, reloadTls } from "./server.ts";
