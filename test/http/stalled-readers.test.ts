import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { STALLED_MS, stalledReaders } from "../../src/http/stalled-readers.ts";

/** Both ends of a connection. */
async function connection(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const theirs = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
  const [ours] = (await once(server, "connection")) as [Socket];
  for (const socket of [ours, theirs]) {
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
  }
  return { ours, theirs };
}

const MUCH = Buffer.alloc(32 * 1024 * 1024);

test("a reader that takes nothing for a minute is cut, although more is written to it all the time", async () => {
  const { ours, theirs } = await connection();
  theirs.pause();
  const cut = stalledReaders();
  ours.write(MUCH);
  // Until the system takes no more.
  let taken = -1;
  await vi.waitUntil(() => {
    const before = taken;
    taken = ours.bytesWritten - ours.writableLength;
    return before === taken;
  });
  for (let now = 0; now < STALLED_MS; now += 10_000) {
    cut([ours], now);
    ours.write(": keep-alive\n\n");
    expect(ours.destroyed).toBe(false);
  }
  cut([ours], STALLED_MS);
  expect(ours.destroyed).toBe(true);
});

test("a slow reader, and one to which nothing is said, are left alone", async () => {
  const [slow, silent] = [await connection(), await connection()];
  const cut = stalledReaders();
  slow.theirs.pause();
  slow.ours.write(MUCH);
  cut([slow.ours, silent.ours], 0);
  slow.theirs.resume();
  await vi.waitUntil(() => slow.ours.writableLength === 0);
  for (const now of [STALLED_MS, 2 * STALLED_MS, 3 * STALLED_MS]) cut([slow.ours, silent.ours], now);
  expect([slow.ours.destroyed, silent.ours.destroyed]).toEqual([false, false]);
});
