import type { EventStore } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";

const KEPT = 1_000;

/** The last events of one session, so that a client whose stream broke gets the rest. */
export function eventStore(): EventStore {
  const events: { readonly id: string; readonly stream: string; readonly message: JSONRPCMessage }[] = [];
  let count = 0;
  return {
    async storeEvent(stream, message) {
      const id = `${stream}_${++count}`;
      events.push({ id, stream, message });
      if (events.length > KEPT) events.shift();
      return id;
    },
    async getStreamIdForEventId(id) {
      return events.find((event) => event.id === id)?.stream;
    },
    async replayEventsAfter(last, { send }) {
      const from = events.findIndex(({ id }) => id === last);
      const stream = events[from]?.stream;
      if (stream === undefined) throw new Error(`the event "${last}" is not known`);
      for (const event of events.slice(from + 1)) {
        // The first event of a stream says nothing and has no message.
        if (event.stream === stream && "jsonrpc" in event.message) await send(event.id, event.message);
      }
      return stream;
    },
  };
}
