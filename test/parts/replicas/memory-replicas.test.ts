import { memoryReplicas } from "../../../src/parts/replicas/index.ts";
import { replicasContract } from "../../contracts/replicas.contract.ts";

replicasContract("memory", async (logger) => {
  const replicas = memoryReplicas(logger);
  return { replicas, other: replicas, close: () => replicas.close() };
});
