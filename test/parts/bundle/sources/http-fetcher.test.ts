import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { err, ok } from "../../../../src/core/result.ts";
import { type Fetcher, httpFetcher, type ReadSecret } from "../../../../src/parts/bundle/index.ts";
import { manualClock } from "../../../../src/platform/clock.ts";
import { type Script, type ScriptedServer, startScripted } from "../../../support/scripted-server.ts";

const bundle = gzipSync("a bundle");
const other = gzipSync("another bundle");
const bearer: ReadSecret = () => ok("secret-bearer");
let server: ScriptedServer;
let fetcher: Fetcher | undefined;

beforeEach(async () => {
  server = await startScripted(serve(bundle, '"one"'));
});
afterEach(async () => {
  await fetcher?.close();
  fetcher = undefined;
  await server.stop();
});

function serve(bytes: Uint8Array, etag?: string, headers: Readonly<Record<string, string>> = {}): Script {
  return (request, response) => {
    if (etag !== undefined && request.headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
    response.writeHead(200, { "content-type": "application/gzip", ...(etag === undefined ? {} : { etag }), ...headers }).end(bytes);
  };
}

const answering = (status: number, headers: Record<string, string> = {}, body = "") =>
  ((_request, response) => {
    response.writeHead(status, headers).end(body);
  }) satisfies Script;

function open(options: Partial<Parameters<typeof httpFetcher>[0]> = {}): Fetcher {
  const url = new URL(`${server.url}/acme.tar.gz?sig=secret-query`);
  fetcher = httpFetcher({ url, tls: {}, timeoutMs: 5000, maxBytes: 100_000, clock: manualClock(0), ...options });
  return fetcher;
}

const never = new AbortController().signal;
const ask = (patient = false) => (fetcher ?? open()).fetch(never, patient);

describe("a server with a bundle", () => {
  it("is asked for it whole, and then only for another one", async () => {
    expect(await ask()).toEqual(ok({ bytes: bundle, holds: false }));
    expect(await ask()).toEqual(ok({ holds: false }));
    server.script = serve(other, '"two"');
    expect(await ask()).toMatchObject(ok({ bytes: other }));
    expect(server.seen.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"one"', '"one"']);
    expect(server.seen[0]?.headers).toMatchObject({ prefer: "modes=snapshot", "accept-encoding": "identity" });
  });

  it("that knows no marks is asked for it whole each time", async () => {
    server.script = serve(bundle);
    await ask();
    expect(await ask()).toMatchObject(ok({ bytes: bundle }));
    expect(server.seen[1]?.headers).not.toHaveProperty("if-none-match");
  });

  it("that gives a mark which no request can carry is asked for it whole, and not locked out by its own words", async () => {
    const mark = `"${"x".repeat(12_000)}"`;
    server.script = serve(bundle, mark);
    expect((await ask()).ok).toBe(true);
    expect(await ask()).toMatchObject(ok({ bytes: bundle }));
    expect(server.seen[1]?.headers).not.toHaveProperty("if-none-match");
  });

  it("brings again what was lost here, though it is the same", async () => {
    expect(await ask()).toMatchObject(ok({ bytes: bundle }));
    fetcher?.forget();
    expect(await ask()).toMatchObject(ok({ bytes: bundle }));
    expect(await ask()).toEqual(ok({ holds: false }));
  });

  it("gets the bearer, and its status tells neither that nor the query", async () => {
    open({ bearer });
    expect((await ask()).ok).toBe(true);
    expect(server.seen[0]).toMatchObject({ path: "/acme.tar.gz?sig=secret-query", headers: { authorization: "Bearer secret-bearer" } });
    expect(fetcher?.where).toBe(`${server.url}/acme.tar.gz`);
  });

  it("is not asked while the bearer is missing", async () => {
    open({ bearer: () => err('the environment variable "B" is not set') });
    expect(await ask()).toMatchObject({ error: { code: "source.no_credential", contacted: false } });
    expect(server.seen).toEqual([]);
  });

  it("that holds answers back, by its content type, is let do so as long as configured", async () => {
    server.script = serve(bundle, '"one"', { "content-type": "application/vnd.openpolicyagent.bundles" });
    open({ longPollS: 60 });
    expect(await ask(true)).toMatchObject(ok({ holds: true }));
    expect(await ask(true)).toEqual(ok({ holds: true }));
    expect(await ask(false)).toEqual(ok({ holds: false }));
    expect(server.seen.map(({ headers }) => headers.prefer)).toEqual(["modes=snapshot", "modes=snapshot;wait=60", "modes=snapshot"]);
  });

  it("that does not hold answers back is not asked to", async () => {
    open({ longPollS: 60 });
    expect(await ask(true)).toMatchObject(ok({ holds: false }));
    await ask(true);
    expect(server.seen.map(({ headers }) => headers.prefer)).toEqual(["modes=snapshot", "modes=snapshot"]);
  });

  it("is waited for beyond the time of a try, where it holds answers back", async () => {
    server.script = serve(bundle, '"one"', { "content-type": "application/vnd.openpolicyagent.bundles" });
    open({ longPollS: 30, timeoutMs: 50 });
    await ask(true);
    let held: ServerResponse | undefined;
    server.script = (_request, response) => {
      held = response;
    };
    const asked = server.next();
    const waiting = ask(true);
    await asked;
    // A try that does not wait is over by then.
    expect(await (fetcher ?? open()).fetch(never, false)).toMatchObject({ error: { code: "source.timeout" } });
    server.script = serve(other);
    const first = server.seen.length;
    expect(first).toBe(3);
    const response = held;
    if (response === undefined) throw new Error("nothing was held");
    void waiting.catch(() => {});
    await fetcher?.close();
    expect(await waiting).toMatchObject({ ok: false });
  });
});

describe("what is no bundle is refused with what was found", () => {
  it.each([
    [
      "an HTML page",
      "text/html; charset=utf-8",
      "<!DOCTYPE html><html>secret</html>",
      /^found an HTML page of type "text\/html; charset=utf-8"/,
    ],
    ["JSON", "application/json", '{"error": "secret"}', /^found JSON of type "application\/json"/],
    ["XML", "application/xml", "<?xml version='1.0'?><Error>secret</Error>", /^found markup/],
    ["text under a bundle's type", "application/gzip", "secret", /^found 6 bytes of type "application\/gzip" that are no gzip archive/],
    ["nothing", "application/gzip", "", /^found an empty answer/],
  ])("%s", async (_what, type, body, detail) => {
    server.script = answering(200, { "content-type": type, etag: '"page"' }, body);
    const answer = await ask();
    expect(answer).toMatchObject({ error: { code: "source.no_bundle", detail: expect.stringMatching(detail), contacted: true } });
    expect(JSON.stringify(answer)).not.toContain("secret");
    server.script = serve(bundle, '"one"');
    expect((await ask()).ok).toBe(true);
    expect(server.seen[1]?.headers).not.toHaveProperty("if-none-match");
  });

  it("304 to a first request", async () => {
    server.script = answering(304);
    expect(await ask()).toMatchObject({
      error: { code: "source.failed", detail: expect.stringContaining("304 to a request without a condition") },
    });
  });

  it.each([
    [401, "source.denied"],
    [403, "source.denied"],
    [404, "source.not_found"],
    [410, "source.not_found"],
    [429, "source.busy"],
    [500, "source.failed"],
    [503, "source.failed"],
    [204, "source.failed"],
    [206, "source.failed"],
  ])("the status %i", async (status, code) => {
    server.script = answering(status, { "retry-after": "7" });
    const detail = `"${server.url}/acme.tar.gz" answered ${status}`;
    expect(await ask()).toEqual(err({ code, detail, contacted: true, retryAfterMs: 7000 }));
  });

  it("more than is wanted, announced or not", async () => {
    open({ maxBytes: 10 });
    server.script = serve(bundle, undefined, { "content-length": String(bundle.byteLength) });
    expect(await ask()).toMatchObject({
      error: { code: "source.too_large", detail: expect.stringContaining(`${bundle.byteLength} bytes`) },
    });
    server.script = (_request, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.write(bundle);
    };
    expect(await ask()).toMatchObject({ error: { code: "source.too_large" } });
  });
});

/** Answers below HTTP: what a broken or hostile server writes. */
const raw = (write: (socket: Socket) => void) => ((request) => write(request.socket)) satisfies Script;
const head = "HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\n";

describe("an answer that breaks off is refused", () => {
  it.each<[string, (socket: Socket) => void]>([
    ["before its announced length", (socket) => socket.end(Buffer.concat([Buffer.from(`${head}Content-Length: 500\r\n\r\n`), bundle]))],
    [
      "in the middle of chunks",
      (socket) => socket.end(Buffer.concat([Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n1c\r\n`), bundle])),
    ],
    ["with a chunk whose length is no number", (socket) => socket.end(`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`)],
    ["with two lengths", (socket) => socket.end(`${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`)],
    ["by being no HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
  ])("%s", async (_how, write) => {
    server.script = raw(write);
    const answer = await ask();
    expect(answer, JSON.stringify(answer)).toMatchObject({ ok: false, error: { code: "source.cut_off", contacted: true } });
    server.script = serve(bundle);
    expect((await ask()).ok).toBe(true);
  });

  it("before it began: nobody is there", async () => {
    server.script = raw((socket) => void socket.destroy());
    expect(await ask()).toMatchObject({ error: { code: "source.unreachable", contacted: false } });
  });
});

describe("a server that is slow", () => {
  it("to say anything is given up", async () => {
    server.script = () => {};
    open({ timeoutMs: 50 });
    expect(await ask()).toMatchObject({
      error: { code: "source.timeout", detail: expect.stringContaining("did not answer in time"), contacted: false },
    });
  });

  it("to end, drop by drop, is given up", async () => {
    const timers = new Set<NodeJS.Timeout>();
    server.script = (_request, response) => {
      response.writeHead(200, { "content-type": "application/gzip" });
      timers.add(setInterval(() => response.write("x"), 5));
    };
    open({ timeoutMs: 100 });
    expect(await ask()).toMatchObject({
      error: { code: "source.timeout", detail: expect.stringContaining("did not end its answer"), contacted: true },
    });
    for (const timer of timers) clearInterval(timer);
  });
});

describe("a redirect", () => {
  const to = (location: string, status = 302) => answering(status, { location });

  it("is followed, and the mark of what was found there counts", async () => {
    server.script = (request, response) =>
      request.url === "/there" ? serve(bundle, '"there"')(request, response) : to("/there", 307)(request, response);
    expect((await ask()).ok).toBe(true);
    expect(await ask()).toEqual(ok({ holds: false }));
  });

  it("in a circle ends", async () => {
    server.script = (request, response) => to(request.url === "/a" ? "/b" : "/a")(request, response);
    expect(await ask()).toMatchObject({ error: { code: "source.redirected", detail: expect.stringContaining("in a circle") } });
    expect(server.seen).toHaveLength(3);
  });

  it("without an end, ends", async () => {
    server.script = (_request, response) => to(`/${server.seen.length}`)(_request, response);
    expect(await ask()).toMatchObject({ error: { code: "source.redirected", detail: expect.stringContaining("more than 5 times") } });
    expect(server.seen).toHaveLength(6);
  });

  it("to another origin goes without the bearer", async () => {
    const elsewhere = await startScripted(serve(bundle));
    try {
      server.script = to(`${elsewhere.url}/b?token=secret`);
      open({ bearer });
      expect((await ask()).ok).toBe(true);
      expect(elsewhere.seen).toHaveLength(1);
      expect(elsewhere.seen[0]?.headers).not.toHaveProperty("authorization");
    } finally {
      await elsewhere.stop();
    }
  });

  it.each([
    ["without a place", undefined],
    ["to plain http elsewhere", "http://bundles.example.com/b"],
    ["to a file", "file:///etc/passwd"],
    ["to an address with a password", "https://robot:pw@bundles.example.com/b"],
  ])("%s is not followed", async (_title, location) => {
    server.script = answering(302, location === undefined ? {} : { location });
    const answer = await ask();
    expect(answer).toMatchObject({ error: { code: "source.redirected", contacted: true } });
    expect(JSON.stringify(answer)).not.toContain("pw");
  });
});

describe("connections", () => {
  it("are not kept when the source is closed, answered or not", async () => {
    await ask();
    server.script = () => {};
    const asked = server.next();
    const waiting = ask();
    await asked;
    const open = [...server.sockets];
    expect(open.length).toBeGreaterThan(0);
    const gone = Promise.all(open.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    await fetcher?.close();
    expect(await waiting).toMatchObject({ ok: false });
    await gone;
  });
});

describe("certificates", () => {
  it("that are not there are told by their file, and nothing is sent", async () => {
    const folder = await mkdtemp(join(tmpdir(), "toolgate-tls-"));
    try {
      open({ tls: { ca: join(folder, "ca.pem") } });
      expect(await ask()).toEqual(
        err({ code: "source.no_credential", detail: `"${join(folder, "ca.pem")}" cannot be read`, contacted: false }),
      );
      writeFileSync(join(folder, "ca.pem"), "");
      expect((await ask()).ok).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
