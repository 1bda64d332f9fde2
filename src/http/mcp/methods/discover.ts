import { resultText, sendJson } from "../answer.ts";
import { offeredCapabilities } from "../capabilities.ts";
import { meta, statelessVersion } from "../protocol.ts";
import { sendRefused, type Turn, type Visit } from "../visit.ts";

/** `server/discover`: what a session learns from initialize. */
export async function discover(visit: Visit, { exchange, id }: Turn): Promise<void> {
  const { gateway, serverInfo, config } = visit.door;
  const admitted = await gateway.admit(exchange);
  if (!admitted.ok) return sendRefused(visit.reply, id, admitted.error);
  const result = {
    supportedVersions: [statelessVersion],
    capabilities: offeredCapabilities(gateway.offers(exchange), "stateless"),
    resultType: "complete",
    ttlMs: config.lists.ttl_ms,
    cacheScope: "private",
    _meta: { [meta.serverInfo]: serverInfo },
  };
  sendJson(visit.reply, 200, resultText(id, JSON.stringify(result)));
}
