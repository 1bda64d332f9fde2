import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { findOpa } from "../../src/authoring/index.ts";
import { ok } from "../../src/core/result.ts";
import { parseReference, pushImage, Registry } from "../../src/parts/bundle/index.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { toolgateHere } from "../support/command-line.ts";
import { environment, type Gate, house, signedBundle, startGate, told } from "../support/gate.ts";
import { type BundleKey, bundleName, throwAwayKey, unsignedBundle } from "../support/gate-bundle.ts";
import { account, findRegistry, startRegistry, type TestRegistry } from "../support/registry.ts";
import { startScripted } from "../support/scripted-server.ts";

vi.setConfig({ testTimeout: 60_000 });

const found = findRegistry();
const why = found.kind === "missing" ? ` (left out: ${found.reason})` : "";
const folder = mkdtempSync(join(tmpdir(), "toolgate-oci-"));
const at = (name: string) => join(folder, name);
const key: BundleKey = throwAwayKey();
let registry: TestRegistry;
let gate: Gate | undefined;

beforeAll(async () => {
  if (found.kind === "missing") return;
  registry = await startRegistry(found, { wantsAccount: true });
  writeFileSync(at("keyring.json"), key.keyring);
  writeFileSync(at("password"), `${account.password}\n`);
});
afterEach(async () => {
  await gate?.stop();
  gate = undefined;
});
afterAll(async () => {
  await registry?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const robot = () => ["--plain-http", "--username", account.username, "--password-file", at("password")];
const env = () => ({ ...process.env, REGISTRY_PASSWORD: account.password });

async function lay(name: string, sequence: number): Promise<string> {
  const file = at(`${name}.tar.gz`);
  writeFileSync(file, await signedBundle(house, { sequence }, key));
  return file;
}

interface Told {
  readonly ok: boolean;
  readonly digest: string;
  readonly code?: string;
  readonly [member: string]: unknown;
}

async function push(
  file: string,
  reference: string,
  flags: readonly string[] = robot(),
): Promise<{ code: number | null; told: Told; err: string }> {
  const { code, out, err } = await toolgateHere(["bundle", "push", file, `${registry.host}/${reference}`, "--json", ...flags], {
    env: env(),
  });
  return { code, told: out === "" ? { ok: false, digest: "" } : (JSON.parse(out) as Told), err };
}

/** The same without a process of its own; in parts, where `chunkBytes` says so. */
async function pushHere(bytes: Uint8Array, named: string, chunkBytes?: number) {
  const reference = parseReference(named);
  if (!reference.ok) throw new Error(reference.error);
  const known = { reference: reference.value, plainHttp: true, tls: {}, clock: systemClock, timeoutMs: 10_000 };
  const there = new Registry({ ...known, account: async () => ok(account), actions: "pull,push" });
  const signal = AbortSignal.timeout(10_000);
  const pushed = await pushImage({
    registry: there,
    bundle: bytes,
    annotations: {},
    signal,
    ...(chunkBytes !== undefined && { chunkBytes }),
  });
  const manifest = pushed.ok ? await there.manifest(signal) : pushed;
  const back = manifest.ok ? await there.blob(manifest.value.bundle, 10_000_000, signal) : manifest;
  await there.close();
  if (!pushed.ok || !back.ok) throw new Error(JSON.stringify([pushed, back]));
  return { ...pushed.value, back: back.value };
}

describe.skipIf(found.kind === "missing")(`a real registry${why}`, () => {
  test("takes a signed bundle, gives the same back by tag and by digest, and a push that is tried again changes nothing", async () => {
    const file = await lay("one", 1);
    const { code, told: pushed, err } = await push(file, "policies/acme:prod");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(pushed).toMatchObject({ ok: true, tag: "prod", unchanged: false, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(pushed.annotations).toEqual({
      "org.opencontainers.image.title": bundleName,
      "org.opencontainers.image.revision": "r1",
      "toolgate.bundle.sequence": "1",
      "toolgate.bundle.environment": environment,
    });
    expect((await push(file, "policies/acme:prod")).told).toMatchObject({ digest: pushed.digest, unchanged: true });
    const named = `${registry.host}/policies/acme@${pushed.digest}`;
    const pulled = await toolgateHere(["bundle", "pull", named, "-o", at("pulled.tar.gz"), "--keyring", at("keyring.json"), ...robot()]);
    expect(pulled).toMatchObject({ code: 0, err: "" });
    expect(pulled.out).toContain(pushed.digest);
    expect(pulled.out).toContain(`${bundleName} r1, sequence 1`);
    expect(readFileSync(at("pulled.tar.gz")).equals(readFileSync(file))).toBe(true);
  });

  test("takes a bundle whole or in parts, and under another tag without sending it again", async () => {
    const bytes = await signedBundle(house, { sequence: 9 }, key);
    const inParts = await pushHere(bytes, `${registry.host}/policies/parts:a`, 1000);
    expect(inParts.unchanged).toBe(false);
    expect(Buffer.from(inParts.back).equals(bytes)).toBe(true);
    expect(await pushHere(bytes, `${registry.host}/policies/parts:a`, 1000)).toMatchObject({ digest: inParts.digest, unchanged: true });
    expect(await pushHere(bytes, `${registry.host}/policies/parts:b`)).toMatchObject({ digest: inParts.digest, unchanged: false });
    expect((await pushHere(bytes, `${registry.host}/policies/whole:a`)).digest).toBe(inParts.digest);
  });

  test("gets no unsigned bundle unless that is asked for, and nobody who names a keyring gets it from there", async () => {
    writeFileSync(at("unsigned.tar.gz"), await unsignedBundle(house));
    expect(await push(at("unsigned.tar.gz"), "policies/raw:x")).toMatchObject({ code: 65, told: { code: "bundle.unsigned" } });
    expect((await push(at("unsigned.tar.gz"), "policies/raw:x", [...robot(), "--unsigned"])).code).toBe(0);
    const pull = ["bundle", "pull", `${registry.host}/policies/raw:x`, "-o", at("no.tar.gz"), "--keyring", at("keyring.json"), "--json"];
    const pulled = await toolgateHere([...pull, ...robot()]);
    expect(pulled.code).toBe(1);
    expect(JSON.parse(pulled.out)).toMatchObject({ ok: false, code: "bundle.unsigned" });
    expect(() => readFileSync(at("no.tar.gz"))).toThrow("ENOENT");
  });

  test("without the right account takes nothing, and what is said of it holds no password", async () => {
    const file = await lay("one", 1);
    const flags = ["--plain-http", "--username", "robot", "--password-env", "WRONG"];
    const refused = await toolgateHere(["bundle", "push", file, `${registry.host}/policies/no:x`, ...flags], {
      env: { ...process.env, WRONG: "wrong-password" },
    });
    expect(refused).toMatchObject({ code: 69, out: "", err: expect.stringContaining("source.denied") });
    expect(refused.err).not.toContain("wrong-password");
    const { code } = await toolgateHere(["bundle", "push", file, `${registry.host}/policies/no:x`, "--plain-http"], {
      env: { ...process.env, TOOLGATE_REGISTRY_USERNAME: account.username, TOOLGATE_REGISTRY_PASSWORD: account.password },
    });
    expect(code).toBe(0);
  });

  test("gives a gateway what its tag names; a tag that goes back, or names other content under the same sequence, is refused and said", async () => {
    gate = await startGate({
      bundle: { sequence: 5 },
      environment: { REGISTRY_PASSWORD: account.password },
      config: { secrets: { registry: { env: "REGISTRY_PASSWORD" } } },
      bundleFrom: async (first) => {
        await pushHere(first, `${registry.host}/policies/moving:prod`);
        const credentials = { username: account.username, password: "registry" };
        const reference = `${registry.host}/policies/moving:prod`;
        return { oci: { reference, credentials, plain_http: true, min_delay_ms: 20, max_delay_ms: 40 } };
      },
    });
    const own = gate;
    expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
    const become = async (sequence: number, revision: string, fits: (line: { msg: string; [member: string]: unknown }) => boolean) => {
      const logged = own.logged(fits);
      await pushHere(await signedBundle(house, { sequence, revision }, own.key), `${registry.host}/policies/moving:prod`);
      await logged;
    };
    await become(6, "six", (line) => line.msg === "bundle activated" && line.sequence === 6);
    for (const [sequence, revision, code] of [
      [5, "five-again", "bundle.older_sequence"],
      [6, "six-other", "bundle.same_sequence_other_content"],
    ] as const) {
      await become(sequence, revision, (line) => line.msg === "bundle refused" && line.code === code);
      await expect
        .poll(() => own.readyz())
        .toMatchObject({
          status: 200,
          body: {
            parts: { bundle: { ok: true, detail: expect.stringMatching(new RegExp(`sequence 6 .*${code}`)) }, source: { ok: true } },
          },
        });
      expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
      expect((await own.records()).findLast(({ kind }) => kind === "intent")?.bundle).toMatchObject({ sequence: 6, revision: "six" });
    }
    await become(7, "seven", (line) => line.msg === "bundle activated" && line.sequence === 7);
  });
});

describe.skipIf(found.kind === "missing")(`the real OPA${why}`, () => {
  test("pulls from the registry what was pushed, believes its signature, and refuses it under another key", async () => {
    const open = await startRegistry(found.kind === "missing" ? { kind: "program", program: "" } : found);
    const opa = await findOpa({ env: process.env });
    if (!opa.ok) throw new Error(opa.error);
    try {
      await pushHere(await signedBundle(house, { sequence: 3 }, key), `${open.host}/policies/acme:prod`);
      // It believes the signature, and only then finds that the stock OPA has no WebAssembly engine.
      expect(await whatOpaSays(opa.value.path, open.host, key)).toContain("failed to initialize wasm module");
      const bad = await whatOpaSays(opa.value.path, open.host, throwAwayKey());
      expect(bad).toMatch(/verif|signature/i);
    } finally {
      await open.stop();
    }
  });
});

/** Runs OPA as a server with this bundle, until it has loaded it or says why not. */
async function whatOpaSays(program: string, host: string, by: BundleKey): Promise<string> {
  const keyring = JSON.parse(by.keyring) as { keys: Record<string, { public_key: string }> };
  const config = {
    services: { registry: { url: `http://${host}`, type: "oci" } },
    keys: { [by.kid]: { algorithm: "ES256", key: keyring.keys[by.kid]?.public_key } },
    bundles: {
      acme: {
        service: "registry",
        resource: `${host}/policies/acme:prod`,
        signing: { keyid: by.kid },
        polling: { min_delay_seconds: 1, max_delay_seconds: 1 },
      },
    },
    persistence_directory: at(`opa-${by.keyring.length}-${Math.random()}`),
  };
  writeFileSync(at("opa.json"), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const opa = spawn(
    program,
    ["run", "--server", "--addr", address, "--config-file", at("opa.json"), "--disable-telemetry", "--log-level", "debug"],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  try {
    return await saysOfBundle(opa);
  } finally {
    opa.kill("SIGKILL");
  }
}

function saysOfBundle(opa: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const look = (chunk: Buffer) => {
      said += chunk.toString();
      if (/Bundle loaded and activated successfully/.test(said)) resolve("loaded");
      const [, failed] = /"level":"error","msg":"(.*?[^\\])"/.exec(said) ?? [];
      if (failed !== undefined) resolve(failed);
    };
    opa.stdout?.on("data", look);
    opa.stderr?.on("data", look);
    opa.once("exit", (code) => reject(new Error(`opa ended with ${code}: ${said}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

test("a registry that is no registry is refused with what it is", async () => {
  const page = await startScripted(
    (_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>hello</html>"),
  );
  try {
    const pull = ["bundle", "pull", `${page.host}/policies/acme:prod`, "-o", at("never.tar.gz"), "--plain-http", "--json"];
    const { code, out } = await toolgateHere(pull);
    expect(code).toBe(69);
    expect(JSON.parse(out)).toMatchObject({ ok: false, code: "source.no_bundle" });
  } finally {
    await page.stop();
  }
});

test.each([
  ["a reference without a tag", [`registry.example.com/acme@sha256:${"a".repeat(64)}`], /found no tag/],
  ["plain http elsewhere", ["registry.example.com/acme:prod", "--plain-http"], /not on this machine/],
  ["a user without a password", ["registry.example.com/acme:prod", "--username", "robot"], /no password for "robot"/],
])("a push with %s is refused before anything is sent", async (_what, args, detail) => {
  const file = await lay("one", 1);
  const { code, err } = await toolgateHere(["bundle", "push", file, ...args]);
  expect(code === 2 || code === 69).toBe(true);
  expect(err).toMatch(detail);
});
