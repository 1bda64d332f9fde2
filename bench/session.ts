import { type Agent, request } from "undici";

/** What both measurements of long and large things need of a client with a session. */

const VERSION = "2025-11-25";

export function headersFor(bearer: string, session: string | undefined): Readonly<Record<string, string>> {
  return {
    authorization: `Bearer ${bearer}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(session === undefined ? {} : { "mcp-session-id": session, "mcp-protocol-version": VERSION }),
  };
}

export async function openSession(agent: Agent, url: string, bearer: string): Promise<string> {
  const params = { protocolVersion: VERSION, capabilities: {}, clientInfo: { name: "bench", version: "1" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params });
  const opened = await request(url, { method: "POST", headers: headersFor(bearer, undefined), body, dispatcher: agent });
  const session = opened.headers["mcp-session-id"];
  if (typeof session !== "string") throw new Error(`no session: ${opened.statusCode} ${(await opened.body.text()).slice(0, 300)}`);
  await opened.body.dump();
  return session;
}
