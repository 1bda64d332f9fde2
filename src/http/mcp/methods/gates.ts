import { badRequest, codes, type Message, type RequestId, tasksExtension, unsupportedMethod } from "../protocol.ts";
import { refuse, type Turn, type Visit } from "../visit.ts";

export type Handler = (visit: Visit, turn: Turn) => Promise<void>;

/** A method of a capability that this door does not have is unknown here: what is declared and what is answered agree. */
export function offered(what: "prompts" | "resources" | "completions", handle: Handler): Handler {
  return (visit, turn) => (visit.door.gateway.offers(turn.exchange)[what] ? handle(visit, turn) : notOffered(visit, turn));
}

/** Tasks are an extension: the door must have it, and the client must say that it knows it. */
export function withTasks(handle: Handler): Handler {
  return async (visit, turn) => {
    const { exchange, message, id } = turn;
    if (visit.door.gateway.offers(exchange).extensions[tasksExtension] === undefined) return notOffered(visit, turn);
    if (exchange.capabilities.extensions[tasksExtension] === undefined) return incapableOfTasks(visit, message, id);
    return handle(visit, turn);
  };
}

export async function notOffered(visit: Visit, { exchange, message }: Turn): Promise<void> {
  return refuse(visit, unsupportedMethod(message, exchange.era === "stateless" ? 404 : 200));
}

export async function incapableOfTasks(visit: Visit, message: Message, id: RequestId): Promise<void> {
  return refuse(visit, {
    ...badRequest("Missing required client capability: this needs the extension for tasks", id, message.method),
    code: codes.missingCapability,
    data: { requiredCapabilities: { extensions: { [tasksExtension]: {} } } },
  });
}
