import { mayBeOfExtension } from "../../../core/methods.ts";
import { unsupportedMethod } from "../protocol.ts";
import { refuse, type Turn, type Visit } from "../visit.ts";
import { carried } from "./carry.ts";
import { notOffered } from "./gates.ts";
import { readExtension } from "./params.ts";

const call = carried(readExtension, false);

/** A request that the protocol does not have. It is carried where the door's server passes it, as one of an extension's. */
export async function otherMethod(visit: Visit, turn: Turn): Promise<void> {
  if (visit.door.gateway.passes(turn.exchange, turn.message.method)) return call(visit, turn);
  return visit.serverId === undefined && mayBeOfExtension(turn.message.method) ? notHere(visit, turn) : notOffered(visit, turn);
}

/** Told of every method that could be one, so that it says nothing of any server. */
function notHere(visit: Visit, { exchange, message }: Turn): Promise<void> {
  const fault = unsupportedMethod(message, exchange.era === "stateless" ? 404 : 200);
  return refuse(visit, { ...fault, message: `${fault.message}. Methods of extensions are called at the door of their server, not here` });
}
