import { once } from "node:events";
import { Agent, get, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { createHttpServer, httpConfig } from "../../src/http/index.ts";

test("closing waits for a stream that is under way, and not for its connection, which could be kept open for long", async () => {
  const app = createHttpServer(httpConfig.parse({ public_url: "https://gate.example.com", keep_alive: { idle_ms: 600_000 } }));
  const stream = Promise.withResolvers<ServerResponse>();
  app.get("/events", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" });
    reply.raw.flushHeaders();
    stream.resolve(reply.raw);
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const response = await new Promise<IncomingMessage>((resolve) => get(`${url}/events`, { agent }, resolve));
  let body = "";
  response.on("data", (chunk) => {
    body += String(chunk);
  });
  const closed = app.close();
  // A server that closes no longer listens; by then it has closed what was idle.
  await vi.waitUntil(() => !app.server.listening);
  (await stream.promise).end("data: last\n\n");
  await Promise.all([closed, once(response, "end")]);
  expect(body).toBe("data: last\n\n");
});

test("closing does not wait for a connection on which nothing was ever asked", async () => {
  const app = createHttpServer(httpConfig.parse({ public_url: "https://gate.example.com" }));
  const url = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const accepted = once(app.server, "connection");
  const socket = connect(Number(url.port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await accepted;
  await Promise.all([app.close(), once(socket, "close")]);
});
