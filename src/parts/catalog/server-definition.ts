import type { CredentialMode, ServerDefinition } from "../../core/server.ts";
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
    asks: data.asks.toSorted(),
    extensions: data.extensions.toSorted(),
    extensionMethods: Object.fromEntries(
      Object.entries(data.extension_methods)
        .map(([id, methods]) => [id, methods.toSorted()] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
  });
}

function transportOf(data: ServerData["transport"]): ServerDefinition["transport"] {
  if (data.kind === "stdio") return data;
  const place = data.url === undefined ? { name: data.place ?? "" } : { url: data.url };
  if (data.kind === "sse") return { kind: "sse", place, hostClass: data.host_class, era: "session" };
  return { kind: "http", place, hostClass: data.host_class, era: data.era };
}

function credentialOf(data: ServerData["credential"]): CredentialMode {
  return data;
}
