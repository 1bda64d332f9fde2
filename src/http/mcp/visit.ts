import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller, Exchange, Gateway, Network, Refused, Replicas, Session, Sessions } from "../../gateway/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { HttpConfig } from "../config.ts";
import { errorText, refusedErrorData, sendJson, sentenceFor } from "./answer.ts";
import { clip, codes, type Fault, type Members, type Message, type RequestId, shown } from "./protocol.ts";
import type { ResultFields } from "./result-fields.ts";
import type { InFlight, Questions } from "./session/index.ts";
import type { OpenStreams, Replays, Watches } from "./streams/index.ts";

/** What a door is built from. */
export interface DoorParts {
  readonly gateway: Gateway;
  readonly sessions: Sessions;
  /** The other processes that serve the same sessions. */
  readonly replicas: Replicas;
  readonly config: HttpConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Issuers that clients may turn to for a token (RFC 9728). */
  readonly issuers: readonly string[];
  /** The gateway's own version, told to clients. */
  readonly version: string;
}

/** The parts and what lives as long as the door. */
export interface Door extends DoorParts {
  readonly inFlight: InFlight;
  readonly questions: Questions;
  readonly streams: OpenStreams;
  readonly replays: Replays;
  readonly watches: Watches;
  /** What the stateless era adds to each result. */
  readonly fields: ResultFields;
  readonly serverInfo: { readonly name: string; readonly title: string; readonly version: string };
}

/** One authenticated request on its way through a door. */
export interface Visit {
  readonly door: Door;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  readonly network: Network;
  /** One server's door, or the aggregate when absent. */
  readonly serverId: string | undefined;
}

/** One request of a client, with its envelope or session read. */
export interface Turn {
  readonly exchange: Exchange;
  readonly message: Message;
  readonly id: RequestId;
  /** In the era of sessions. */
  readonly session?: Session;
}

export const AGGREGATE = "aggregate";

export function doorName(visit: Visit): string {
  return visit.serverId ?? AGGREGATE;
}

/** Records a fault, then tells the sender. */
export async function refuse(visit: Visit, fault: Fault): Promise<void> {
  await recordFault(visit.door.gateway, visit.caller, visit.network, fault);
  sendFault(visit.reply, fault);
}

export async function recordFault(gateway: Gateway, caller: Caller | undefined, network: Network, fault: Fault): Promise<string> {
  return await gateway.refuseMessage(caller, network, {
    code: fault.reason,
    detail: fault.message,
    ...(fault.method === undefined ? {} : { method: shown(fault.method) }),
  });
}

export function sendFault(reply: FastifyReply, fault: Fault): void {
  sendJson(reply, fault.status, errorText(fault.id, fault.code, fault.message, fault.data));
}

/** Policy refused a method whose result has no form for it. */
export function sendRefused(reply: FastifyReply, id: RequestId | undefined, refused: Refused, status = 200): void {
  sendJson(reply, status, errorText(id, codes.refused, sentenceFor(refused), refusedErrorData(refused)));
}

export function acceptsEvents(visit: Visit): boolean {
  return headerOf(visit.request, "accept")?.includes("text/event-stream") ?? false;
}

/** The value of a header that may be there once. Node trims the optional space around it (RFC 9110, section 5.5). */
export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.raw.headers[name];
  return typeof value === "string" ? value : undefined;
}

const NAME_LENGTH = 128;

/** Name and version that a client gives itself, kept short: they go into records. `undefined` if they have a wrong shape. */
export function clientOf(info: Members | undefined): { readonly name: string; readonly version: string } | undefined {
  if (typeof info?.name !== "string" || typeof info.version !== "string") return undefined;
  return { name: clip(info.name, NAME_LENGTH), version: clip(info.version, NAME_LENGTH) };
}
