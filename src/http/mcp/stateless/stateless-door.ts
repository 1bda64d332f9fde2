import { openExchange } from "../exchange.ts";
import { metaOf } from "../message.ts";
import { otherMethod, statelessHandlers } from "../methods/index.ts";
import type { Message } from "../protocol.ts";
import { refuse, type Visit } from "../visit.ts";
import { checkHeaders, readEnvelope } from "./envelope.ts";

/** The door of 2026-07-28: every request carries what a session would remember, and the headers repeat it. */

export async function postStateless(visit: Visit, asked: Message): Promise<void> {
  const { id } = asked;
  if (id === undefined) {
    const fault = checkHeaders(visit.request, asked);
    if (fault !== undefined) return refuse(visit, fault);
    // Cancelling is done by closing the connection, and nothing else is expected from a client.
    visit.reply.code(202).send();
    return;
  }
  const envelope = readEnvelope(visit.request, asked);
  if (!envelope.ok) return refuse(visit, envelope.error);
  const handle = statelessHandlers.get(asked.method) ?? otherMethod;
  return handle(visit, { exchange: openExchange(visit, "stateless", envelope.value, metaOf(asked)), message: asked, id });
}
