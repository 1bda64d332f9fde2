import type { Logger } from "../../platform/logger.ts";
import { away } from "./asked.ts";
import { textOf } from "./json-text.ts";
import { OwnProcess } from "./own-process.ts";
import { newReplicaId } from "./replica-id.ts";
import type { Replicas } from "./replicas.ts";
import { Topics } from "./topics.ts";

/** One process alone: it is its only replica. */
export function memoryReplicas(logger: Logger): Replicas {
  const topics = new Topics(logger);
  const own = new OwnProcess(topics);
  const id = newReplicaId();
  let closed = false;
  return {
    id,
    serve: (topic, handler) => topics.serve(topic, handler),
    ask: async (replica, topic, payload, options) => (closed || replica !== id ? away : own.ask(topic, payload, options)),
    tell(topic, payload) {
      const text = textOf(payload);
      if (text === undefined) topics.tooLong(topic);
      else if (!closed) own.tell(topic, text);
    },
    onTold: (topic, listener) => topics.onTold(topic, listener),
    close: async () => {
      closed = true;
      own.close();
    },
  };
}
