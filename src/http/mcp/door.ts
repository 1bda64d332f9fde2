import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sentenceOf } from "../../core/reasons.ts";
import { SessionsUnavailable } from "../../gateway/index.ts";
import { challengeFor } from "../challenge.ts";
import { namesOf } from "../names.ts";
import { networkOf } from "../network.ts";
import { errorText, sendJson } from "./answer.ts";
import { hearElicitations } from "./elicitation-done.ts";
import { joinReplicas } from "./elsewhere.ts";
import { isResponse, readMessage } from "./message.ts";
import { serveMetadata } from "./metadata.ts";
import { badRequest, codes, type Message, type RequestId, type Response } from "./protocol.ts";
import { resultFields } from "./result-fields.ts";
import { deleteSession, InFlight, openSessionStream, postResponse, postWithSession, Questions } from "./session/index.ts";
import { isStateless, namesStateless, postStateless } from "./stateless/index.ts";
import { OpenStreams, Replays, Watches } from "./streams/index.ts";
import { type Door, type DoorParts, recordFault, refuse, sendFault, type Visit } from "./visit.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the MCP door once the bearer is verified. */
    visit: Visit | null;
  }
}

/**
 * The MCP doors `/mcp` and `/servers/<id>/mcp` of both eras, with their resource metadata. Each request passes, in this
 * order: names of the gateway, bearer, door, and only then is its body read.
 */
export async function mcpDoor(app: FastifyInstance, parts: DoorParts): Promise<void> {
  const door = createDoor(parts);
  const leaveReplicas = joinReplicas(door);
  const leaveElicitations = hearElicitations(door);
  // Calls under way have their time to end, and their streams go on until then: whoever waits gets the last answer.
  app.addHook("preClose", async () => {
    door.streams.close();
    door.questions.close();
  });
  app.addHook("onClose", async () => {
    leaveReplicas();
    leaveElicitations();
    door.replays.close();
  });
  app.decorateRequest("visit", null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: FastifyError, request, reply) => broken(door, error, request, reply));
  const names = namesOf(parts.config);
  app.addHook("onRequest", (request, reply, done) => {
    const { host, origin } = request.raw.headers;
    if (names.allowsHost(host) && names.allowsOrigin(origin)) done();
    else refuseForeign(door, request, reply).catch(done);
  });
  serveMetadata(app, parts);
  await app.register(async (doors) => {
    doors.addHook("onRequest", async (request, reply) => enter(door, request, reply));
    for (const url of ["/mcp", "/servers/:id/mcp"]) {
      doors.post(url, (request) => receive(visitOf(request)));
      doors.get(url, (request) => get(visitOf(request)));
      doors.delete(url, (request) => end(visitOf(request)));
      doors.route({ method: ["PUT", "PATCH"], url, handler: (request) => wrongVerb(visitOf(request)) });
    }
  });
}

function createDoor(parts: DoorParts): Door {
  const { config, gateway, replicas } = parts;
  const { comment_ms } = config.keep_alive;
  const serverInfo = { name: "toolgate", title: "Toolgate", version: parts.version };
  const replays = new Replays(replicas.id, config.limits.replay_bytes_per_caller, comment_ms, parts.clock);
  return {
    ...parts,
    inFlight: new InFlight(),
    questions: new Questions(replicas.id, config.questions.answer_s * 1_000),
    replays,
    streams: new OpenStreams(parts, comment_ms, (now) => replays.sweep(now)),
    watches: new Watches(gateway, config.limits.watched_per_caller),
    serverInfo,
    fields: resultFields(serverInfo, { most: config.lists.ttl_ms }),
  };
}

/** A page that was rebound to our address, or any other foreign page, gets no further than this. */
async function refuseForeign(door: Door, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const message = sentenceOf("gateway.foreign_host");
  const fault = { status: 403, code: codes.http, message, id: undefined, reason: "gateway.foreign_host" as const };
  await recordFault(door.gateway, undefined, networkOf(request), fault);
  sendFault(reply, fault);
}

/** Verifies the bearer and finds the door, before the body is read. */
async function enter(door: Door, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const network = networkOf(request);
  const { authorization } = request.raw.headers;
  const authenticated = await door.gateway.authenticate(authorization, network);
  if (!authenticated.ok) {
    const { code, message, decisionId, retryable } = authenticated.error;
    if (retryable) reply.header("retry-after", "5");
    else
      reply.header(
        "www-authenticate",
        challengeFor(door.config.public_url, request.url, authorization === undefined ? undefined : message),
      );
    sendJson(reply, retryable ? 503 : 401, errorText(undefined, codes.http, message, { code, decision: decisionId }));
    return reply;
  }
  const caller = authenticated.value;
  const serverId = (request.params as { readonly id?: string }).id;
  const visit: Visit = { door, request, reply, caller, network, serverId };
  if (serverId !== undefined && !(await door.gateway.mayEnter(caller, serverId))) {
    // The same words for a server that does not exist and for one that this caller may not know about.
    await refuse(visit, { ...badRequest("There is no such server here"), status: 404, code: codes.http });
    return reply;
  }
  request.visit = visit;
  return undefined;
}

async function receive(visit: Visit): Promise<FastifyReply> {
  const { body } = visit.request;
  if (!Buffer.isBuffer(body)) await refuse(visit, wrongContentType());
  else {
    const read = readMessage(body);
    if (read.ok) await serve(visit, read.value);
    else await refuse(visit, read.error);
  }
  return visit.reply;
}

async function serve(visit: Visit, asked: Message | Response): Promise<void> {
  try {
    if (isResponse(asked)) await answered(visit, asked);
    else await (isStateless(visit.request, asked) ? postStateless(visit, asked) : postWithSession(visit, asked));
  } catch (error) {
    sendBroken(visit, error, isResponse(asked) ? undefined : asked.id);
  }
}

/** The stateless era asks nothing on streams, so there is nothing to answer. */
async function answered(visit: Visit, response: Response): Promise<void> {
  if (!namesStateless(visit.request)) return postResponse(visit, response);
  await refuse(visit, badRequest("Invalid request: a response was sent, but this revision has questions in results only"));
}

function sendBroken(visit: Visit, error: unknown, id?: RequestId): void {
  const gone = error instanceof SessionsUnavailable;
  if (gone) visit.door.logger.error({ error: error.message }, "the store of sessions cannot be reached");
  else logBug(visit.door, error, visit.request);
  if (visit.reply.sent) return;
  if (gone) visit.reply.header("retry-after", "5");
  const message = gone ? "Sessions cannot be read at the moment. Try again." : sentenceOf("gateway.error");
  sendJson(visit.reply, gone ? 503 : 500, errorText(id, gone ? codes.http : codes.internal, message));
}

async function guarded(visit: Visit, work: Promise<void>): Promise<FastifyReply> {
  try {
    await work;
  } catch (error) {
    sendBroken(visit, error);
  }
  return visit.reply;
}

async function get(visit: Visit): Promise<FastifyReply> {
  if (namesStateless(visit.request)) return wrongVerb(visit);
  return guarded(visit, openSessionStream(visit));
}

async function end(visit: Visit): Promise<FastifyReply> {
  if (namesStateless(visit.request)) return wrongVerb(visit);
  return guarded(visit, deleteSession(visit));
}

async function wrongVerb(visit: Visit): Promise<FastifyReply> {
  visit.reply.header("allow", namesStateless(visit.request) ? "POST" : "GET, POST, DELETE");
  await refuse(visit, { ...badRequest("Method not allowed"), status: 405, code: codes.http });
  return visit.reply;
}

/** Whatever went wrong outside the doors' own answers: a body too large or of a wrong type, or a bug. */
async function broken(door: Door, error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const status = error.statusCode ?? 500;
  if (status < 500) {
    const fault = status === 415 ? wrongContentType() : { ...badRequest(faultWords(status, door)), status, code: codes.http };
    await recordFault(door.gateway, request.visit?.caller, networkOf(request), fault);
    sendFault(reply, fault);
    return reply;
  }
  logBug(door, error, request);
  sendJson(reply, 500, errorText(undefined, codes.internal, sentenceOf("gateway.error")));
  return reply;
}

function logBug(door: Door, error: unknown, request: FastifyRequest): void {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  door.logger.error({ error: what, url: request.routeOptions.url }, "a request failed inside the gateway");
}

function faultWords(status: number, door: Door): string {
  return status === 413 ? `The body is larger than ${door.config.limits.body_bytes} bytes` : "The body could not be read";
}

function wrongContentType() {
  return { ...badRequest("Unsupported media type: the content type must be application/json"), status: 415, code: codes.http };
}

function visitOf(request: FastifyRequest): Visit {
  if (request.visit === null) throw new Error("a route of the door was reached without a verified caller");
  return request.visit;
}
