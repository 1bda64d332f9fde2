import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { findOpa, packBundle } from "../../src/authoring/index.ts";
import { filesOf, type Gate, house, sign, signedBundle, startGate, told } from "../support/gate.ts";
import type { BundleKey } from "../support/gate-bundle.ts";
import { type ScriptedServer, startScripted } from "../support/scripted-server.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), "toolgate-opa-"));
let server: ScriptedServer;
let gate: Gate;
let opa: Awaited<ReturnType<typeof startOpa>>;

/**
 * What the server has, and who waits for another one. The stock OPA has no WebAssembly engine and loads no bundle with a
 * module in it, so it gets the same sources without one, signed by the same key.
 */
let current: { readonly bytes: Uint8Array; readonly sources: Uint8Array; readonly etag: string };
const waiting = new Set<ServerResponse>();

async function publish(bytes: Uint8Array, key: BundleKey, etag: string): Promise<void> {
  current = { bytes, sources: await sourcesOnly(bytes, key), etag };
  for (const response of waiting) send(response);
  waiting.clear();
}

async function sourcesOnly(bytes: Uint8Array, key: BundleKey): Promise<Uint8Array> {
  const files = await filesOf(bytes);
  for (const name of ["policy.wasm", ".signatures.json"]) files.delete(name);
  const { wasm: _, ...manifest } = JSON.parse(Buffer.from(files.get(".manifest") ?? []).toString("utf8")) as Record<string, unknown>;
  files.set(".manifest", Buffer.from(JSON.stringify(manifest)));
  return sign(await packBundle(files), key);
}

function send(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/vnd.openpolicyagent.bundles", etag: current.etag });
  response.end(response.req.url?.includes("sources") ? current.sources : current.bytes);
}

beforeAll(async () => {
  // As OPA's documentation has it: who has the latest and is ready to wait, waits.
  server = await startScripted((request, response) => {
    if (request.headers["if-none-match"] !== current.etag) return send(response);
    if (!/wait=\d+/.test(String(request.headers.prefer))) return void response.writeHead(304, { etag: current.etag }).end();
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
  });
  gate = await startGate({
    bundleFrom: async (first, key) => {
      await publish(first, key, '"1"');
      return { http: { url: `${server.url}/bundles/acme.tar.gz`, long_poll_s: 30 } };
    },
  });
  opa = await startOpa(gate.key);
});
afterAll(async () => {
  opa?.stop();
  await gate?.stop();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a server that holds answers back gives the same signed bundles to the real OPA and to a gateway", async () => {
  await opa.loaded(1);
  expect((await fetch(`${opa.url}/health?bundles`)).status).toBe(200);
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");

  // Both wait at the server now; what is published reaches them without anybody asking again.
  await vi.waitUntil(() => waiting.size === 2);
  const of = (name: string) => server.seen.findLast(({ path }) => path.includes(name));
  const [theirs, ours] = [of("sources"), of("acme")];
  expect(theirs?.headers.prefer).toMatch(/^modes=snapshot,delta;wait=30$/);
  expect(ours?.headers.prefer).toBe("modes=snapshot;wait=30");
  expect([theirs?.headers["if-none-match"], ours?.headers["if-none-match"]]).toEqual(['"1"', '"1"']);

  const taken = gate.logged((line) => line.msg === "bundle activated" && line.sequence === 2);
  await publish(await signedBundle(house, { sequence: 2 }, gate.key), gate.key, '"2"');
  await taken;
  await opa.loaded(2);
  const revision = await fetch(`${opa.url}/v1/data/system/bundles/acme/manifest/revision`).then((answer) => answer.json());
  expect(revision).toEqual({ result: "r2" });
});

/** OPA as a server that gets its bundle from ours, and believes it by the gate's key. */
async function startOpa(key: BundleKey) {
  const found = await findOpa({ env: process.env });
  if (!found.ok) throw new Error(found.error);
  const keyring = JSON.parse(key.keyring) as { keys: Record<string, { public_key: string }> };
  const config = {
    services: { ours: { url: server.url } },
    keys: { [key.kid]: { algorithm: "ES256", key: keyring.keys[key.kid]?.public_key } },
    bundles: {
      acme: {
        service: "ours",
        resource: "bundles/sources.tar.gz",
        signing: { keyid: key.kid },
        polling: { long_polling_timeout_seconds: 30 },
      },
    },
  };
  writeFileSync(join(folder, "opa.json"), JSON.stringify(config));
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = ["run", "--server", "--addr", new URL(url).host, "--config-file", join(folder, "opa.json"), "--disable-telemetry"];
  const child = spawn(found.value.path, args, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", (line) => lines.push(line));
  return {
    url,
    /** Resolves when so many bundles were activated. */
    loaded: (times: number) =>
      vi.waitUntil(
        () => {
          const failed = lines.find((line) => line.includes('"level":"error"'));
          if (failed !== undefined) throw new Error(failed);
          return lines.filter((line) => line.includes("Bundle loaded and activated successfully")).length >= times;
        },
        { timeout: 20_000 },
      ),
    stop: () => void child.kill("SIGKILL"),
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
