import type { CredentialMode, HttpTransport, ServerDefinition, StdioTransport } from "../../core/server.ts";
import type { CatalogData } from "./schema.ts";

type ServerData = CatalogData["servers"][string];

/** A server entry as the rest of the gateway reads it. */
export function serverDefinition(id: string, data: ServerData): ServerDefinition {
  return Object.freeze({
    id,
    ...(data.title === undefined ? {} : { title: data.title }),
    owner: data.owner,
    trust: data.trust,
    environment: data.environment,
    status: data.status,
    ...(data.replacement === undefined ? {} : { replacement: data.replacement }),
    transport: transportOf(data.transport),
    credential: credentialOf(data.credential),
    timeoutMs: data.timeout_ms,
    maxResultBytes: data.max_result_bytes,
    maxConcurrent: data.max_concurrent,
    drift: data.drift,
  });
}

function transportOf(data: ServerData["transport"]): HttpTransport | StdioTransport {
  if (data.kind === "stdio") return data;
  const place = data.url === undefined ? { name: data.place ?? "" } : { url: data.url };
  return { kind: "http", place, hostClass: data.host_class, era: data.era };
}

function credentialOf(data: ServerData["credential"]): CredentialMode {
  return data;
}
