export { memoryReplicas } from "./memory-replicas.ts";
export { redisReplicas } from "./redis-replicas.ts";
export type { Replicas } from "./replicas.ts";
