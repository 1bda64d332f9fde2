import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import type { ServerOptions } from "node:https";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { selfSigned } from "../http/certificate.ts";
import { type BundleChange, type Gate, house, signedBundle, startGate, throwAwayKey, told } from "../support/gate.ts";
import { type Script, type ScriptedServer, startScripted } from "../support/scripted-server.ts";

// Sources over TLS, and what is wrong for long. Time stands still until a test moves it; sources ask at their own pace.

const START = 100;
const delays = { min_delay_ms: 20, max_delay_ms: 40, timeout_ms: 2_000 };
const clock = manualClock(Date.UTC(2026, 10, 21, 12));
const hour = 3_600_000;

interface Part {
  readonly ok: boolean;
  readonly detail: string;
}
async function partsOf(gate: Gate): Promise<{ readonly bundle: Part; readonly source: Part }> {
  const { status, body } = await gate.readyz();
  expect(status).toBe(200);
  return (body as { parts: { bundle: Part; source: Part } }).parts;
}
const metricsOf = async (gate: Gate) => (await fetch(`${gate.url}/metrics`)).text();

/** The last good bundle decides: one call passes, and reaches the server once. */
async function decidesWith(gate: Gate, sequence: number): Promise<void> {
  const before = gate.servers.desk?.calls.length ?? 0;
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  expect(gate.servers.desk?.calls.length).toBe(before + 1);
  expect((await gate.records()).findLast(({ kind }) => kind === "intent")?.bundle).toMatchObject({ sequence });
}

async function fails(gate: Gate, kind: "http" | "oci", code: string): Promise<void> {
  await expect
    .poll(async () => (await partsOf(gate)).source, { timeout: 10_000 })
    .toMatchObject({ ok: false, detail: expect.stringContaining(`: ${code}: `) });
  const text = await metricsOf(gate);
  expect(text).toContain(`toolgate_bundle_source_up{kind="${kind}"} 0`);
  expect(text).toMatch(new RegExp(`toolgate_bundle_source_failures_total\\{kind="${kind}",code="${code}"\\} [1-9]`));
}

describe("a server that is asked over TLS, with a client certificate,", () => {
  const place = selfSigned("bundles");
  const client = selfSigned("gateway");
  let server: ScriptedServer;
  let gate: Gate;
  let folder: string;
  let sequence = START;
  /** Names in the certificates that were shown, of each request. */
  const shown: (string | undefined)[] = [];
  const tls = (own: typeof place): ServerOptions => ({ ...own, requestCert: true, rejectUnauthorized: false, ca: client.cert });

  const watched =
    (script: Script): Script =>
    (request, response) => {
      const { socket } = request;
      const peer = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
      shown.push(Array.isArray(peer) ? peer[0] : peer);
      return script(request, response);
    };
  const serving = (bytes: Uint8Array) => {
    const etag = `"${Math.random()}"`;
    return watched((request, response) => {
      if (request.headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
      response.writeHead(200, { etag }).end(bytes);
    });
  };
  const answering = (status: number, headers: Record<string, string> = {}) =>
    watched((_request, response) => void response.writeHead(status, headers).end());

  /** What was wrong is over: the next bundle is taken without anybody's help. */
  async function recovers(change: BundleChange = {}): Promise<void> {
    sequence += 1;
    const wanted = sequence;
    const taken = gate.logged((line) => line.msg === "bundle activated" && line.sequence === wanted);
    server.script = serving(await signedBundle(house, { sequence, ...change }, gate.key));
    await taken;
    await expect.poll(async () => (await partsOf(gate)).source.ok).toBe(true);
    expect(await metricsOf(gate)).toContain('toolgate_bundle_source_up{kind="http"} 1');
    await decidesWith(gate, sequence);
  }
  const replace = async (name: string, text: string) => {
    await writeFile(join(folder, `${name}.next`), text);
    await rename(join(folder, `${name}.next`), join(folder, name));
  };

  beforeAll(async () => {
    server = await startScripted(answering(503), tls(place));
    gate = await startGate({
      clock,
      bundle: { sequence: START },
      bundleFrom: async (first, _key, own) => {
        folder = own;
        server.script = serving(first);
        for (const [name, text] of Object.entries({ "ca.pem": place.cert, "client.pem": client.cert, "client.key": client.key }))
          writeFileSync(join(own, name), text);
        const client_certificate = { cert: join(own, "client.pem"), key: join(own, "client.key") };
        return { http: { url: `${server.url}/acme.tar.gz`, ca: join(own, "ca.pem"), client_certificate, ...delays } };
      },
    });
  });
  afterAll(async () => {
    await gate?.stop();
    await server?.stop();
  });

  test("gives its bundles, and sees the certificate of the gateway", async () => {
    await decidesWith(gate, START);
    await recovers();
    expect(new Set(shown)).toEqual(new Set(["gateway"]));
  });

  test("is not followed from https to http, be it on this machine: nothing is sent there", async () => {
    const plain = await startScripted((_request, response) => void response.writeHead(200).end());
    server.script = answering(302, { location: `${plain.url}/acme.tar.gz` });
    await fails(gate, "http", "source.redirected");
    await decidesWith(gate, sequence);
    expect(plain.seen).toEqual([]);
    await plain.stop();
    await recovers();
  });

  test("is followed to another https address, which does not get to see the certificate", async () => {
    const names: unknown[] = [];
    sequence += 1;
    const wanted = sequence;
    const bytes = await signedBundle(house, { sequence }, gate.key);
    const other = await startScripted((request, response) => {
      names.push((request.socket as TLSSocket).getPeerCertificate().subject?.CN);
      response.writeHead(200).end(bytes);
    }, tls(place));
    const taken = gate.logged((line) => line.msg === "bundle activated" && line.sequence === wanted);
    server.script = answering(302, { location: `${other.url}/b` });
    await taken;
    expect(new Set(names)).toEqual(new Set([undefined]));
    await recovers();
    await other.stop();
  });

  test("and shows a certificate of somebody else is not spoken to; once `ca` names the new one, it is", async () => {
    const asked = shown.length;
    const other = selfSigned("somebody");
    await replace("ca.pem", other.cert);
    await fails(gate, "http", "source.unreachable");
    await decidesWith(gate, sequence);
    const heard = shown.length;
    await expect.poll(async () => (await partsOf(gate)).source.detail).toMatch(/[2-9] tries: source\.unreachable: .*certificate/);
    expect(shown.length).toBe(heard);
    expect(heard).toBeGreaterThanOrEqual(asked);
    await replace("ca.pem", place.cert);
    await recovers();
  });

  test("hears nothing while the gateway's own certificate is away, and everything once it is back", async () => {
    await rm(join(folder, "client.key"));
    await fails(gate, "http", "source.no_credential");
    const heard = shown.length;
    await decidesWith(gate, sequence);
    expect(shown.length).toBe(heard);
    await replace("client.key", client.key);
    await recovers();
  });

  test("says nothing for an hour: since when, and when it last did well, stands in readyz and metrics", async () => {
    const lastGood = clock.now();
    server.script = watched(({ socket }) => void socket.destroy());
    await fails(gate, "http", "source.unreachable");
    clock.advance(hour);
    const tries = async () => Number(/failing since \S+ (\d+) tries/.exec((await partsOf(gate)).source.detail)?.[1] ?? 0);
    const before = await tries();
    await expect.poll(tries, { timeout: 10_000 }).toBeGreaterThan(before);
    const { source } = await partsOf(gate);
    expect(source.detail).toContain(`failing since ${new Date(lastGood).toISOString()}`);
    expect(source.detail).toContain(`last success ${new Date(lastGood).toISOString()}`);
    expect(await metricsOf(gate)).toContain(`toolgate_bundle_source_last_success_timestamp_seconds{kind="http"} ${lastGood / 1000}`);
    await decidesWith(gate, sequence);
    await recovers();
    expect((await partsOf(gate)).source.detail).toContain(`last new content ${new Date(clock.now()).toISOString()}`);
  });

  test("answers 304 to a first request: nothing was read, so nothing is believed, and the promoted bundle goes on", async () => {
    server.script = answering(304);
    await gate.restart();
    await fails(gate, "http", "source.failed");
    expect((await partsOf(gate)).source.detail).toContain("answered 304 to a request without a condition");
    await decidesWith(gate, sequence);
    await recovers();
  });

  test("has a bundle of a key that counts from tomorrow: it is refused, and taken tomorrow, without anybody's help", async () => {
    const next = throwAwayKey("next");
    const keyring = JSON.parse(gate.key.keyring) as { readonly keys: Readonly<Record<string, object>> };
    const { keys } = JSON.parse(next.keyring) as typeof keyring;
    const not_before = new Date(clock.now() + 24 * hour).toISOString();
    await replace("keyring.json", JSON.stringify({ ...keyring, keys: { ...keyring.keys, next: { ...keys.next, not_before } } }));
    const refused = gate.logged((line) => line.msg === "bundle refused" && String(line.detail).includes(`valid from ${not_before}`));
    const active = sequence;
    sequence += 1;
    const wanted = sequence;
    const bytes = await signedBundle(house, { sequence }, next);
    const taken = gate.logged((line) => line.msg === "bundle activated" && line.sequence === wanted);
    server.script = serving(bytes);
    await refused;
    expect((await partsOf(gate)).bundle.detail).toContain("latest candidate refused: bundle.unknown_key");
    expect(await metricsOf(gate)).toContain('toolgate_bundle_refused{code="bundle.unknown_key"} 1');
    await decidesWith(gate, active);
    clock.advance(24 * hour);
    await taken;
    await decidesWith(gate, wanted);
    expect(await metricsOf(gate)).not.toContain("toolgate_bundle_refused{");
    expect((await partsOf(gate)).bundle.detail).not.toContain("refused");
    expect((await gate.records()).filter(({ kind, effect }) => kind === "bundle" && effect === "refused")).toHaveLength(1);
  });
});

const digestOf = (bytes: Uint8Array | string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** A registry with one image under every tag. */
function holding(bytes: Uint8Array): Script {
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf("{}"), size: 2 };
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: digestOf(bytes), size: bytes.byteLength };
  const text = JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] });
  return (request, response) => {
    if (request.url?.includes("/blobs/")) return void response.writeHead(200).end(bytes);
    const headers = { "content-type": manifestType, "docker-content-digest": digestOf(text) };
    response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : text);
  };
}

describe("a registry over TLS", () => {
  const place = selfSigned("registry");
  let registry: ScriptedServer;
  let gate: Gate;
  let first: Uint8Array;

  beforeAll(async () => {
    registry = await startScripted((_request, response) => void response.writeHead(503).end(), { ...place });
    gate = await startGate({
      clock,
      bundle: { sequence: START },
      bundleFrom: async (bytes, _key, folder) => {
        first = bytes;
        registry.script = holding(bytes);
        writeFileSync(join(folder, "ca.pem"), place.cert);
        return { oci: { reference: `${registry.host}/policies/acme:prod`, ca: join(folder, "ca.pem"), ...delays } };
      },
    });
  });
  afterAll(async () => {
    await gate?.stop();
    await registry?.stop();
  });

  /** The tag comes to name this bundle, and it is refused: the active one goes on, and readyz and metrics say why. */
  async function refuses(bytes: Uint8Array, code: string, active: number): Promise<void> {
    registry.script = holding(bytes);
    await expect
      .poll(() => partsOf(gate))
      .toMatchObject({
        bundle: { ok: true, detail: expect.stringContaining(`latest candidate refused: ${code}`) },
        source: { ok: true },
      });
    expect(await metricsOf(gate)).toContain(`toolgate_bundle_refused{code="${code}"} 1`);
    await decidesWith(gate, active);
  }

  test("that moves a tag back is refused, and is told no more of once the tag names the active bundle again", async () => {
    await decidesWith(gate, START);
    const next = await signedBundle(house, { sequence: START + 1 }, gate.key);
    registry.script = holding(next);
    await gate.logged((line) => line.msg === "bundle activated" && line.sequence === START + 1);
    await refuses(first, "bundle.older_sequence", START + 1);
    await refuses(
      await signedBundle(house, { sequence: START + 1, revision: "twin" }, gate.key),
      "bundle.same_sequence_other_content",
      START + 1,
    );
    registry.script = holding(next);
    await expect.poll(async () => (await partsOf(gate)).bundle.detail).not.toContain("refused");
    expect(await metricsOf(gate)).not.toContain("toolgate_bundle_refused{");
    await decidesWith(gate, START + 1);
  });

  test("that gives other content than its manifest names, or a page, brings nothing; and the tag goes forward again", async () => {
    const next = await signedBundle(house, { sequence: START + 2 }, gate.key);
    const right = holding(next);
    const changed = Uint8Array.from(next, (byte, at) => (at === 100 ? byte ^ 1 : byte));
    registry.script = (request, response) =>
      request.url?.includes("/blobs/") ? void response.writeHead(200).end(changed) : right(request, response);
    await fails(gate, "oci", "source.other_content");
    await decidesWith(gate, START + 1);
    registry.script = (_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>");
    await fails(gate, "oci", "source.no_bundle");
    await decidesWith(gate, START + 1);
    registry.script = right;
    await gate.logged((line) => line.msg === "bundle activated" && line.sequence === START + 2);
    await expect.poll(async () => (await partsOf(gate)).source.ok).toBe(true);
    await decidesWith(gate, START + 2);
  });
});
