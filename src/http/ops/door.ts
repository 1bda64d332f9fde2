import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../../gateway/index.ts";
import type { HttpConfig } from "../config.ts";
import { isAddress, namesOf } from "../names.ts";

/** What prom-client's registry offers. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

export interface OpsParts {
  readonly gateway: Pick<Gateway, "readiness">;
  readonly config: HttpConfig;
  readonly metrics: MetricsSource;
}

/**
 * `/healthz`, `/readyz` and `/metrics`. They need no token, so a rebound name must not reach them; probes that come by
 * address are let through. Metrics move to a listener of their own where the configuration names one.
 */
export async function opsDoor(app: FastifyInstance, parts: OpsParts): Promise<void> {
  const names = namesOf(parts.config);
  app.addHook("onRequest", async (request, reply) => {
    const { host, origin } = request.raw.headers;
    if ((names.allowsHost(host) || isAddress(host)) && names.allowsOrigin(origin)) return undefined;
    return reply.code(403).send({ error: "the host or origin of the request is not one of this gateway" });
  });
  app.get("/healthz", (_request, reply) => plain(reply).send({ status: "ok" }));
  app.get("/readyz", (_request, reply) => {
    const { ready, parts: states } = parts.gateway.readiness();
    return plain(reply)
      .code(ready ? 200 : 503)
      .send({ status: ready ? "ready" : "not ready", parts: states });
  });
  if (parts.config.metrics === undefined) serveMetrics(app, parts.metrics);
}

/** `/metrics` alone, for a listener of its own. */
export async function metricsDoor(app: FastifyInstance, parts: { readonly metrics: MetricsSource }): Promise<void> {
  serveMetrics(app, parts.metrics);
}

function serveMetrics(app: FastifyInstance, source: MetricsSource): void {
  app.get("/metrics", async (_request: FastifyRequest, reply) =>
    plain(reply)
      .type(source.contentType)
      .send(await source.metrics()),
  );
}

function plain(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", "no-store");
}
