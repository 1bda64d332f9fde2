export { type MetricsSource, metricsDoor, type OpsParts, opsDoor } from "./door.ts";
