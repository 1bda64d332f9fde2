import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { closeDoors } from "../../src/app/close-doors.ts";
import { createHttpServer, httpConfig } from "../../src/http/index.ts";

async function listening(serve: (response: ServerResponse) => void) {
  const app = createHttpServer(httpConfig.parse({ public_url: "https://gate.example.com" }));
  app.get("/", (_request, reply) => {
    reply.hijack();
    serve(reply.raw);
  });
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const asked = async (): Promise<Socket> => {
    const socket = connect(Number(port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    const accepted = once(app.server, "request");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await accepted;
    return socket;
  };
  return { app, asked };
}

test("a client that reads nothing of its answer does not hold up the end", async () => {
  const { app, asked } = await listening((response) => {
    // More than the buffers of both ends take.
    response.end(Buffer.alloc(64 * 1024 * 1024));
  });
  const socket = await asked();
  socket.pause();
  const cut = once(socket, "close");
  await closeDoors([app], async () => {}, 20);
  expect(app.server.listening).toBe(false);
  socket.resume();
  await cut;
});

test("requests under way are ended when the time is over, and their answers still go out", async () => {
  const open: ServerResponse[] = [];
  const { app, asked } = await listening((response) => void open.push(response));
  const socket = await asked();
  let said = "";
  socket.on("data", (chunk) => {
    said += String(chunk);
  });
  const closed = once(socket, "close");
  await closeDoors([app], async () => void open.at(0)?.end("was ended"), 20);
  await closed;
  expect(said).toContain("was ended");
});

test("what ends by itself is waited for, and nothing is ended before its time", async () => {
  const end = vi.fn(async () => {});
  const open: ServerResponse[] = [];
  const { app, asked } = await listening((response) => void open.push(response));
  for (const socket of [await asked(), await asked()]) socket.resume();
  const closing = closeDoors([app], end, 60_000);
  for (const response of open) response.end("by itself");
  await closing;
  expect(open).toHaveLength(2);
  expect(end).not.toHaveBeenCalled();
});
