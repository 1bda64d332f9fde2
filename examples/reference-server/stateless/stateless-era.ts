import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createMcpHandler, createRequestStateCodec } from "@modelcontextprotocol/server";
import type { EraServer } from "../era-server.ts";
import type { Offer } from "../offer.ts";
import { statelessServer } from "./stateless-server.ts";
import { TaskDoor } from "./task-door.ts";
import { send, toWebRequest } from "./web-request.ts";

const KEY_BYTES = 32;

/** 2026-07-28: every request stands for itself. */
export function statelessEra(offer: Offer): EraServer {
  const sealing = createRequestStateCodec({ key: randomBytes(KEY_BYTES) });
  const handler = createMcpHandler(() => statelessServer(offer, sealing), { legacy: "reject" });
  const tell = { tools: "toolsChanged", prompts: "promptsChanged", resources: "resourcesChanged" } as const;
  offer.onNews((news) => ("list" in news ? handler.notify[tell[news.list]]() : handler.notify.resourceUpdated(news.uri)));
  const tasks = new TaskDoor(offer);
  return {
    async handle(request: IncomingMessage, response: ServerResponse) {
      const asked = toWebRequest(request, response);
      const parsedBody = request.method === "POST" ? await parsed(asked.clone()) : undefined;
      const answer = await tasks.answer(request.headers, parsedBody);
      if (answer === undefined) return send(await handler.fetch(asked, parsedBody === undefined ? {} : { parsedBody }), response);
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer.message));
    },
    async close() {
      tasks.close();
      await handler.close();
    },
  };
}

/** Nothing, where it is no JSON: the SDK says what is wrong with it. */
async function parsed(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}
