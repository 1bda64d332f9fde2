import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type BundleChange, type Gate, house, signedBundle, startGate, told } from "../support/gate.ts";
import { type Script, type ScriptedServer, startScripted } from "../support/scripted-server.ts";

const START = 100;
const tenths = { min_delay_ms: 20, max_delay_ms: 40, timeout_ms: 300 };

let server: ScriptedServer;
let gate: Gate;
let token: string;
let sequence = START;

/** A server as it should be: a mark for each content, and 304 for who has it. */
function serving(bytes: Uint8Array, etag = `"${Math.random()}"`): Script {
  return (request, response) => {
    if (request.headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
    response.writeHead(200, { "content-type": "application/gzip", etag, "content-length": bytes.byteLength }).end(bytes);
  };
}

const next = (change: BundleChange = {}) => {
  sequence += 1;
  return signedBundle(house, { sequence, ...change }, gate.key);
};

beforeAll(async () => {
  server = await startScripted((_request, response) => void response.writeHead(503).end());
  gate = await startGate({
    bundle: { sequence: START },
    environment: { BUNDLES: "secret-bearer" },
    config: { secrets: { bundles: { env: "BUNDLES" } } },
    bundleFrom: async (first) => {
      server.script = serving(first);
      return { http: { url: `${server.url}/acme.tar.gz?key=secret-query`, bearer: "bundles", ...tenths } };
    },
  });
  token = await gate.token();
});
afterAll(async () => {
  await gate.stop();
  await server.stop();
});

const call = () => gate.call("desk__echo", {}, { token });
const metrics = async () => (await fetch(`${gate.url}/metrics`)).text();

interface Part {
  readonly ok: boolean;
  readonly detail: string;
}
async function parts(): Promise<{ readonly bundle: Part; readonly source: Part }> {
  const { status, body } = await gate.readyz();
  expect(status).toBe(200);
  return (body as { parts: { bundle: Part; source: Part } }).parts;
}

/** The gateway decides as before; afterwards the server does well, and the next bundle is taken without anybody's help. */
async function goesOnAndRecovers(): Promise<void> {
  const before = gate.servers.desk?.calls.length ?? 0;
  expect(told(await call()).effect).toBe("allow");
  expect(gate.servers.desk?.calls.length).toBe(before + 1);
  const said = JSON.stringify(await parts()) + (await metrics());
  expect(said).not.toMatch(/secret-bearer|secret-query/);
  const bytes = await next();
  const wanted = sequence;
  const taken = gate.logged((line) => line.msg === "bundle activated" && line.sequence === wanted);
  server.script = serving(bytes);
  await taken;
  await expect.poll(async () => (await parts()).source.ok).toBe(true);
  expect(await metrics()).toContain('toolgate_bundle_source_up{kind="http"} 1');
  expect(told(await call()).effect).toBe("allow");
  const intent = (await gate.records()).findLast(({ kind }) => kind === "intent");
  expect(intent?.bundle).toMatchObject({ sequence });
}

test("a bundle comes from the server with the bearer, and readyz and metrics tell how the source does", async () => {
  expect(server.seen[0]).toMatchObject({ path: "/acme.tar.gz?key=secret-query", headers: { authorization: "Bearer secret-bearer" } });
  await expect
    .poll(async () => (await parts()).source.detail)
    .toMatch(/^http http:\/\/127\.0\.0\.1:\d+\/acme\.tar\.gz; last success .*; last new content /);
  const text = await metrics();
  expect(text).toMatch(/toolgate_bundle_source_up\{kind="http"\} 1/);
  expect(text).toMatch(/toolgate_bundle_source_last_success_timestamp_seconds\{kind="http"\} \d+/);
  await goesOnAndRecovers();
});

const page =
  (type: string, body: string, status = 200): Script =>
  (_request, response) => {
    response.writeHead(status, { "content-type": type, etag: '"page"' }).end(body);
  };
const raw =
  (write: (socket: Socket) => void): Script =>
  (request) =>
    write(request.socket);
const drips = new Set<NodeJS.Timeout>();
afterEach(() => {
  for (const timer of drips) clearInterval(timer);
});

describe("a server that fails leaves the last good bundle to decide, is told in readyz and metrics, and is asked on:", () => {
  test.each<[string, string, () => Script]>([
    ["it answers with an HTML page", "source.no_bundle", () => page("text/html", "<html><body>Log in</body></html>")],
    ["it answers with a JSON error under 200", "source.no_bundle", () => page("application/json", '{"error":"no"}')],
    ["it truncates", "source.cut_off", () => raw((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n\u001f"))],
    [
      "it breaks off its chunks",
      "source.cut_off",
      () => raw((socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")),
    ],
    ["it redirects in a circle", "source.redirected", () => (_, response) => void response.writeHead(302, { location: "?again" }).end()],
    [
      "it drips",
      "source.timeout",
      () => (_, response) => {
        response.writeHead(200);
        drips.add(setInterval(() => response.write("x"), 10));
      },
    ],
    ["it accepts and says nothing", "source.timeout", () => () => {}],
    ["it answers something else", "source.failed", () => page("text/plain", "", 418)],
    ["it answers 401", "source.denied", () => page("text/plain", "who are you", 401)],
    ["it answers 403", "source.denied", () => page("text/plain", "go away", 403)],
    ["it answers 404", "source.not_found", () => page("text/plain", "where", 404)],
    ["it answers 429", "source.busy", () => page("text/plain", "slower", 429)],
    ["it answers 500", "source.failed", () => page("text/plain", "oh", 500)],
    [
      "it sends more than is wanted",
      "source.too_large",
      () => raw((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")),
    ],
  ])("%s", async (_title, code, script) => {
    const fails = gate.logged((line) => line.msg === "the bundle source fails" && line.code === code);
    server.script = script();
    await fails;
    await expect.poll(async () => (await parts()).source).toMatchObject({ ok: false, detail: expect.stringContaining(`: ${code}: `) });
    const text = await metrics();
    expect(text).toMatch(/toolgate_bundle_source_up\{kind="http"\} 0/);
    expect(text).toMatch(new RegExp(`toolgate_bundle_source_failures_total\\{kind="http",code="${code}"\\} [1-9]`));
    await goesOnAndRecovers();
  });

  test("nobody is there, and then somebody is again", async () => {
    server.script = raw((socket) => void socket.destroy());
    await expect
      .poll(async () => (await parts()).source)
      .toMatchObject({ ok: false, detail: expect.stringContaining("source.unreachable") });
    await goesOnAndRecovers();
  });
});

describe("a bundle that is not taken is told in readyz and metrics, while its source does well:", () => {
  test.each<[string, string, () => Promise<Uint8Array>]>([
    ["an older sequence", "bundle.older_sequence", () => signedBundle(house, { sequence: START - 1 }, gate.key)],
    [
      "other content under the same sequence",
      "bundle.same_sequence_other_content",
      () => signedBundle(house, { sequence, revision: "twin" }, gate.key),
    ],
    [
      "another tenant's bundle",
      "bundle.wrong_place",
      () => signedBundle(house, { sequence: sequence + 1, about: { tenant: "globex" } }, gate.key),
    ],
    [
      "a bundle whose golden cases fail",
      "bundle.golden_case_failed",
      () =>
        signedBundle(
          house,
          {
            sequence: sequence + 1,
            data: (data) =>
              void data.cases.push({ name: "never holds", entrypoint: "toolgate/decide", input: {}, want: { effect: "allow" } }),
          },
          gate.key,
        ),
    ],
    ["a bomb", "bundle.too_large", async () => gzipSync(Buffer.alloc(300 * 1024 * 1024))],
    [
      "a bundle cut off where the server did not notice",
      "bundle.unreadable",
      async () => (await signedBundle(house, { sequence: sequence + 1 }, gate.key)).subarray(0, 2000),
    ],
  ])("%s", async (_title, code, make) => {
    const refused = gate.logged((line) => line.msg === "bundle refused" && line.code === code);
    server.script = serving(await make());
    await refused;
    await expect
      .poll(async () => await parts())
      .toMatchObject({
        bundle: { ok: true, detail: expect.stringContaining(`latest candidate refused: ${code}`) },
        source: { ok: true },
      });
    expect(await metrics()).toContain(`toolgate_bundle_refused{code="${code}"} 1`);
    await goesOnAndRecovers();
    expect(await metrics()).not.toContain("toolgate_bundle_refused{");
  });
});

describe("marks and content are two things:", () => {
  test("a new mark for the same content changes nothing", async () => {
    const bytes = await next();
    const taken = gate.logged((line) => line.msg === "bundle activated" && line.sequence === sequence);
    server.script = serving(bytes, '"a"');
    await taken;
    const before = (await gate.records()).filter(({ kind }) => kind === "bundle").length;
    let sent = 0;
    server.script = (request, response) => {
      sent += 1;
      serving(bytes, `"${sent}"`)(request, response);
    };
    await expect.poll(() => sent).toBeGreaterThan(2);
    expect((await gate.records()).filter(({ kind }) => kind === "bundle").length).toBe(before);
    await goesOnAndRecovers();
  });

  test("new content under the same mark is taken, where the server sends it", async () => {
    const always =
      (bytes: Uint8Array): Script =>
      (_, response) =>
        void response.writeHead(200, { etag: '"same"' }).end(bytes);
    server.script = always(await next());
    const bytes = await next();
    const taken = gate.logged((line) => line.msg === "bundle activated" && line.sequence === sequence);
    server.script = always(bytes);
    await taken;
    await goesOnAndRecovers();
  });
});

describe("at the start", () => {
  test("a gateway whose source is away begins with the bundle it promoted last, and says so; the next one is taken when it comes", async () => {
    const active = sequence;
    for (const script of [raw((socket) => void socket.destroy()), () => {}]) {
      server.script = script;
      await gate.restart();
      expect(told(await call()).effect).toBe("allow");
      expect(await gate.logged((line) => line.msg === "going on with the bundle that was promoted last")).toBeDefined();
      expect((await gate.records()).findLast(({ kind }) => kind === "intent")?.bundle).toMatchObject({ sequence: active });
      expect((await parts()).source).toMatchObject({ ok: false, detail: expect.stringContaining("it brought nothing yet") });
    }
    await goesOnAndRecovers();
  });

  test("without one it waits for its source a bounded time, and then ends and says why", async () => {
    const away = await startScripted(page("text/plain", "", 503));
    const http = { url: away.url, ...tenths, start_wait_ms: 200 };
    await expect(startGate({ bundleFrom: async () => ({ http }) })).rejects.toThrow(
      /the bundle "http:\/\/127.* cannot be read: .* answered 503/,
    );
    await away.stop();
  });

  test("without one it begins as soon as the source is there, if that is in time", async () => {
    const late = await startScripted(page("text/plain", "", 503));
    const own = await startGate({
      bundleFrom: async (first) => {
        void late.next().then(() => {
          late.script = serving(first);
        });
        return { http: { url: late.url, ...tenths } };
      },
    });
    expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
    await own.stop();
    expect(late.seen.length).toBeGreaterThan(1);
    await late.stop();
  });
});
