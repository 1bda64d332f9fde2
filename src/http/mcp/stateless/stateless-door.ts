import type { Exchange } from "../../../gateway/index.ts";
import { metaOf } from "../message.ts";
import { statelessHandlers } from "../methods/index.ts";
import { type Message, statelessVersion, unsupportedMethod } from "../protocol.ts";
import { traceOf } from "../trace.ts";
import { refuse, seen, type Visit } from "../visit.ts";
import { checkHeaders, type Envelope, readEnvelope } from "./envelope.ts";

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
  const handle = statelessHandlers.get(asked.method);
  if (handle === undefined) return refuse(visit, unsupportedMethod(asked, 404));
  return handle(visit, { exchange: exchangeOf(visit, asked, envelope.value), message: asked, id });
}

function exchangeOf(visit: Visit, asked: Message, { client, capabilities }: Envelope): Exchange {
  return {
    ...seen(visit),
    era: "stateless",
    protocolVersion: statelessVersion,
    client,
    capabilities,
    ...traceOf(visit.request, metaOf(asked)),
  };
}
