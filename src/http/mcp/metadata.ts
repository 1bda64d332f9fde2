import type { FastifyInstance } from "fastify";
import { METADATA_PATH } from "../challenge.ts";
import { sendJson } from "./answer.ts";
import type { DoorParts } from "./visit.ts";

const SERVER_ID = /^[a-z][a-z0-9-]{0,29}$/;

/**
 * Protected-resource metadata (RFC 9728): where to get a token for which door. It is the same for every server id that
 * could exist, because it is read without a token and must not tell which do.
 */
export function serveMetadata(app: FastifyInstance, parts: Pick<DoorParts, "config" | "issuers">): void {
  const origin = parts.config.public_url;
  app.get(METADATA_PATH, (_request, reply) => sendJson(reply, 200, metadataText(origin, parts.issuers)));
  app.get(`${METADATA_PATH}/mcp`, (_request, reply) => sendJson(reply, 200, metadataText(`${origin}/mcp`, parts.issuers)));
  app.get<{ Params: { id: string } }>(`${METADATA_PATH}/servers/:id/mcp`, (request, reply) => {
    const { id } = request.params;
    if (!SERVER_ID.test(id)) return reply.callNotFound();
    sendJson(reply, 200, metadataText(`${origin}/servers/${id}/mcp`, parts.issuers));
  });
}

function metadataText(resource: string, issuers: readonly string[]): string {
  return JSON.stringify({
    resource,
    authorization_servers: issuers,
    bearer_methods_supported: ["header"],
    resource_name: "Toolgate",
  });
}
