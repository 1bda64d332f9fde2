import Fastify from "fastify";
import { Pool } from "undici";
import { tell } from "./child.ts";

/**
 * The floor: what any JSON proxy on Fastify and undici costs. It parses the body, sends it on, parses the answer, and
 * sends that back. It judges and records nothing. A process of its own.
 */

const target = new URL(process.argv[2] ?? "");
/** As many as the gate opens to one server: `max_concurrent` of the server, 64, and two to spare. */
const POOL = 66;

const pool = new Pool(target.origin, { connections: POOL, pipelining: 1, keepAliveTimeout: 60_000, headersTimeout: 0, bodyTimeout: 0 });
const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const app = Fastify({ logger: false, keepAliveTimeout: 72_000 });

app.post("/mcp", async (request) => {
  const answer = await pool.request({ path: target.pathname, method: "POST", headers, body: JSON.stringify(request.body) });
  return await answer.body.json();
});

tell({ url: await app.listen({ host: "127.0.0.1", port: 0 }) });
