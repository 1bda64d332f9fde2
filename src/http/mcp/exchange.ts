import type { Exchange } from "../../gateway/index.ts";
import type { Members } from "./protocol.ts";
import { traceOf } from "./trace.ts";
import type { Visit } from "./visit.ts";

type About = Pick<Exchange, "protocolVersion" | "client" | "capabilities">;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What an exchange is of, read from its session or its envelope. Member by member: every request passes here. */
export function openExchange(
  { caller, network, serverId, request }: Visit,
  era: Exchange["era"],
  { protocolVersion, client, capabilities }: About,
  meta: Members | undefined,
): Writable<Exchange> {
  const exchange: Writable<Exchange> = { caller, network, era, protocolVersion, client, capabilities };
  if (serverId !== undefined) exchange.serverId = serverId;
  const traceparent = traceOf(request, meta);
  if (traceparent !== undefined) exchange.traceparent = traceparent;
  return exchange;
}
