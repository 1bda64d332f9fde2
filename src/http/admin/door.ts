import { randomUUID } from "node:crypto";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isReasonCode, sentenceOf } from "../../core/reasons.ts";
import type { Desk, Operator } from "../../gateway/index.ts";
import type { Logger } from "../../platform/logger.ts";
import { challengeFor } from "../challenge.ts";
import type { AdminConfig, HttpConfig } from "../config.ts";
import { type Names, namesOf } from "../names.ts";
import { networkOf } from "../network.ts";
import { createHttpServer } from "../server.ts";
import { type AdminRoute, adminApi, bundleTypes } from "./api.ts";
import { type Answered, type Guarded, handlersOf } from "./handlers.ts";
import { etagOf } from "./inputs.ts";
import { openApiText } from "./openapi.ts";
import { badRequest, type Fault, faultProblem, refusalProblem, sendProblem, statusOf } from "./problem.ts";

export interface AdminDoorParts {
  readonly desk: Desk;
  readonly config: Pick<HttpConfig, "public_url"> & { readonly admin: AdminConfig };
  /** Largest bundle that is taken. */
  readonly bundleBytes: number;
  readonly logger: Logger;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the admin door once the operator is known. */
    operator: Operator | null;
  }
}

/** Bodies other than bundles are small: a thousand agents in each of twenty steps still fit. */
const BODY_BYTES = 1024 * 1024;
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The server of the admin door; it does not listen yet. Throws when a TLS file cannot be read. */
export function createAdminServer(config: HttpConfig, { listen }: AdminConfig): FastifyInstance {
  return createHttpServer(
    { ...config, listen },
    { frameworkErrors: (_error, request, reply) => void sendFault(reply, noSuchPath(request.url)) },
  );
}

/**
 * `/admin/v1` on an app of its own. Each request passes, in this order: names of the gateway, bearer, and only then is its
 * body read. Whether the operator may, the desk says.
 */
export async function adminDoor(app: FastifyInstance, parts: AdminDoorParts): Promise<void> {
  const { allowed_hosts, listen } = parts.config.admin;
  const names = namesOf({ listen, public_url: parts.config.public_url, allowed_hosts, allowed_origins: undefined });
  const handlers = handlersOf(parts.desk);
  app.decorateRequest("operator", null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(["application/json", ...bundleTypes], { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", async (request, reply) => greet(names, request, reply));
  app.setErrorHandler((error: FastifyError, request, reply) => broken(parts, error, request, reply));
  app.setNotFoundHandler((request, reply) => sendFault(reply, noSuchPath(request.url)));

  const verbs = new Map<string, string[]>();
  for (const [name, route] of Object.entries<AdminRoute>(adminApi)) {
    const url = urlOf(route);
    verbs.set(url, [...(verbs.get(url) ?? []), route.method]);
    if (name === "openapi")
      app.get(url, (_request, reply) => reply.header("content-type", "application/json").send(Buffer.from(openApiText)));
    else {
      const handle = handlers[name as Guarded];
      app.route({
        ...{ method: route.method, url, bodyLimit: route.body === "bundle" ? parts.bundleBytes : BODY_BYTES },
        onRequest: (request, reply) => enter(parts, request, reply),
        handler: async (request, reply) => {
          const acted = handle(request, operatorOf(request));
          if (!acted.ok) return sendFault(reply, acted.error);
          const result = await acted.value.answered;
          if (result.ok) return send(reply, route, result.value);
          return sendProblem(reply, refusalProblem(result.error, statusOf(result.error, acted.value.conditional)));
        },
      });
    }
  }
  for (const [url, own] of verbs) refuseOtherVerbs(app, url, own);
}

/** The path as Fastify writes it. */
function urlOf({ path }: AdminRoute): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}

async function greet(names: Names, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const { host, origin, "x-request-id": sent } = request.raw.headers;
  reply.headers({
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-request-id": typeof sent === "string" && REQUEST_ID.test(sent) ? sent : randomUUID(),
  });
  if (names.allowsHost(host) && names.allowsOrigin(origin)) return undefined;
  return sendFault(reply, { status: 403, code: "gateway.foreign_host", detail: "the name or the page is not one of this gateway" });
}

async function enter({ desk, config }: AdminDoorParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const { authorization } = request.raw.headers;
  const entered = await desk.enter(authorization, networkOf(request));
  if (entered.ok) {
    request.operator = entered.value;
    return undefined;
  }
  const { code, kind } = entered.error;
  if (kind === "unauthenticated") {
    const problem = authorization === undefined || !isReasonCode(code) ? undefined : sentenceOf(code);
    reply.header("www-authenticate", challengeFor(config.public_url, request.url, problem));
  }
  return sendProblem(reply, refusalProblem(entered.error, statusOf(entered.error, false)));
}

function send(reply: FastifyReply, route: AdminRoute, { answer, version }: Answered): FastifyReply {
  if (version !== undefined) reply.header("etag", etagOf(version));
  reply.code(route.status);
  if (answer instanceof Uint8Array) return reply.header("content-type", bundleTypes[0]).send(answer);
  return reply.header("content-type", "application/json").send(Buffer.from(JSON.stringify(answer)));
}

function refuseOtherVerbs(app: FastifyInstance, url: string, own: readonly string[]): void {
  const method = ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((verb) => !own.includes(verb));
  const detail = `wanted ${own.join(" or ")}`;
  app.route({
    ...{ method, url },
    // Before the body is read: nothing of it is wanted.
    onRequest: async (_request, reply) => {
      reply.header("allow", own.join(", "));
      return sendFault(reply, { status: 405, code: "gateway.unsupported_method", detail });
    },
    handler: async () => undefined,
  });
}

function noSuchPath(url: string): Fault {
  const path = url.split("?", 1)[0] ?? "";
  return { status: 404, code: "gateway.unsupported_method", detail: `there is no "${path.slice(0, 200)}"; see /admin/v1/openapi.json` };
}

/** A body too large or of a wrong type, or a bug. */
async function broken(
  { logger }: AdminDoorParts,
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const status = error.statusCode ?? 500;
  if (status === 413) return sendFault(reply, { ...badRequest(`the body is larger than ${request.routeOptions.bodyLimit} bytes`), status });
  if (status === 415) return sendFault(reply, { ...badRequest("the content type is not one that is read here"), status });
  if (status < 500) return sendFault(reply, badRequest("the request could not be read"));
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  logger.error({ error: what, url: request.routeOptions.url }, "an act of an operator failed inside the gateway");
  return sendFault(reply, { status: 500, code: "gateway.error", detail: "the operational log says more" });
}

function sendFault(reply: FastifyReply, fault: Fault): FastifyReply {
  return sendProblem(reply, faultProblem(fault));
}

function operatorOf(request: FastifyRequest): Operator {
  if (request.operator === null) throw new Error("a route of the admin door was reached without an operator");
  return request.operator;
}
