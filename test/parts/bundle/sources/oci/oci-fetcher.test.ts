import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { err, ok } from "../../../../../src/core/result.ts";
import { type Fetcher, ociFetcher, parseReference } from "../../../../../src/parts/bundle/index.ts";
import { manualClock } from "../../../../../src/platform/clock.ts";
import { type Script, type ScriptedServer, startScripted } from "../../../../support/scripted-server.ts";

const sha256 = (bytes: Uint8Array | string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const bundle = gzipSync("a bundle");
const type = "application/vnd.oci.image.manifest.v1+json";
const never = new AbortController().signal;
const clock = manualClock(Date.parse("2026-06-01T00:00:00Z"));

let server: ScriptedServer;
let fetcher: Fetcher | undefined;
beforeEach(async () => {
  server = await startScripted(registry());
});
afterEach(async () => {
  await fetcher?.close();
  fetcher = undefined;
  await server.stop();
});

interface Changes {
  /** Members of the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** The manifest as it is sent, whatever its digest says. */
  readonly sent?: string;
  readonly blob?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const layer = (bytes: Uint8Array) => ({
  mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
  digest: sha256(bytes),
  size: bytes.byteLength,
});

function manifestText(changes: Changes["manifest"] = {}): string {
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: sha256("{}"), size: 2 };
  return JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers: [layer(bundle)], ...changes });
}

/** A registry with one image, which deviates where a test says so. */
function registry({ manifest, sent, blob = bundle, headers }: Changes = {}): Script {
  const text = manifestText(manifest);
  return (request, response) => {
    if (request.url?.includes("/manifests/")) {
      const told = { "content-type": type, "docker-content-digest": sha256(text), ...headers };
      return void response.writeHead(200, told).end(request.method === "HEAD" ? undefined : (sent ?? text));
    }
    if (request.url?.includes("/blobs/")) return void response.writeHead(200, { "content-type": "application/octet-stream" }).end(blob);
    response.writeHead(404).end();
  };
}

function open(name = ":prod", options: Partial<Parameters<typeof ociFetcher>[0]> = {}): Fetcher {
  const reference = parseReference(`${server.host}/policies/acme${name}`);
  if (!reference.ok) throw new Error(reference.error);
  const usual = { reference: reference.value, plainHttp: true, tls: {}, timeoutMs: 5000, maxBytes: 100_000, clock };
  fetcher = ociFetcher({ ...usual, ...options });
  return fetcher;
}

const ask = () => (fetcher ?? open()).fetch(never, false);
const paths = () => server.seen.map(({ method, path }) => `${method} ${path.replace("/v2/policies/acme", "")}`);

describe("an image with a bundle", () => {
  it("is read by its tag, and then costs one small request until the tag names another", async () => {
    expect(await ask()).toEqual(ok({ bytes: bundle }));
    expect(await ask()).toEqual(ok({}));
    const other = gzipSync("another");
    server.script = registry({ manifest: { layers: [layer(other)] }, blob: other });
    expect(await ask()).toEqual(ok({ bytes: other }));
    const read = ["GET /manifests/prod", `GET /blobs/${sha256(bundle)}`];
    expect(paths()).toEqual([
      ...read,
      "HEAD /manifests/prod",
      "HEAD /manifests/prod",
      "GET /manifests/prod",
      `GET /blobs/${sha256(other)}`,
    ]);
    expect(fetcher?.where).toBe(`${server.host}/policies/acme:prod`);
  });

  it("is read by its digest", async () => {
    const digest = sha256(manifestText());
    open(`@${digest}`);
    expect(await ask()).toEqual(ok({ bytes: bundle }));
    expect(paths()[0]).toBe(`GET /manifests/${digest}`);
  });

  it("may come from where the registry leads, without what gives access", async () => {
    const storage = await startScripted((_request, response) => void response.end(bundle));
    try {
      const usual = registry();
      server.script = (request, response) => {
        if (request.headers.authorization === undefined)
          return void response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
        if (request.url?.includes("/blobs/")) return void response.writeHead(307, { location: `${storage.url}/x?signature=y` }).end();
        return usual(request, response);
      };
      open(":prod", { account: { username: "robot", password: () => ok("pw") } });
      expect(await ask()).toEqual(ok({ bytes: bundle }));
      expect(storage.seen).toMatchObject([{ path: "/x?signature=y" }]);
      expect(storage.seen[0]?.headers).not.toHaveProperty("authorization");
      expect(server.seen.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from("robot:pw").toString("base64")}`);
    } finally {
      await storage.stop();
    }
  });
});

describe("a registry that does not keep to its digests", () => {
  it.each<[string, Changes, string]>([
    ["sends another blob than the manifest names", { blob: gzipSync("evil bu.") }, "source.other_content"],
    ["sends a blob that is longer than it says", { blob: Buffer.concat([bundle, bundle]) }, "source.too_large"],
    ["sends a blob that is cut off", { blob: bundle.subarray(0, 9) }, "source.other_content"],
    ["sends another manifest than its own header says", { sent: `${manifestText()} ` }, "source.other_content"],
    ["says a digest that is none", { headers: { "docker-content-digest": "sha256:abc" } }, "source.other_content"],
    [
      "sends a page in place of the manifest",
      { sent: "<html>log in</html>", headers: { "content-type": "text/html" } },
      "source.no_bundle",
    ],
    [
      "sends a page in place of the blob",
      { manifest: { layers: [layer(Buffer.from("<html>"))] }, blob: Buffer.from("<html>") },
      "source.no_bundle",
    ],
  ])("that %s is refused, and asked again", async (_title, changes, code) => {
    server.script = registry(changes);
    expect(await ask()).toMatchObject(err({ code, contacted: true }));
    server.script = registry();
    expect(await ask()).toEqual(ok({ bytes: bundle }));
  });

  it("and answers a digest with other content, is refused though its header agrees", async () => {
    open(`@${sha256(manifestText())}`);
    const other = gzipSync("another");
    server.script = registry({ manifest: { layers: [layer(other)] }, blob: other });
    expect(await ask()).toMatchObject(err({ code: "source.other_content" }));
    expect(paths().some((path) => path.includes("/blobs/"))).toBe(false);
  });

  it("and moves the tag between manifest and blob, gives the bundle of one of the two or none", async () => {
    const before = registry();
    server.script = (request, response) =>
      request.url?.includes("/blobs/") ? void response.writeHead(404).end() : before(request, response);
    expect(await ask()).toMatchObject(err({ code: "source.not_found" }));
    const other = gzipSync("another");
    server.script = registry({ manifest: { layers: [layer(other)] }, blob: other });
    expect(await ask()).toEqual(ok({ bytes: other }));
  });
});

describe("what is no image with a bundle is refused by name", () => {
  const index = "application/vnd.oci.image.index.v1+json";
  it.each<[string, Changes, RegExp]>([
    ["an index", { manifest: { mediaType: index, manifests: [] }, headers: { "content-type": index } }, /an index of several images/],
    [
      "an index that does not say so",
      { manifest: { mediaType: undefined, layers: undefined, manifests: [] } },
      /an index of several images/,
    ],
    [
      "an image of Docker's kind",
      { manifest: { mediaType: "application/vnd.docker.distribution.manifest.v2+json" } },
      /an image of Docker's own kind/,
    ],
    ["an image without a bundle", { manifest: { layers: [] } }, /0 layers/],
    ["an image with two bundles", { manifest: { layers: [layer(bundle), layer(gzipSync("b"))] } }, /2 layers/],
    ["a layer of another algorithm", { manifest: { layers: [{ ...layer(bundle), digest: `sha512:${"0".repeat(128)}` }] } }, /no OCI image/],
    ["JSON that is none", { manifest: { schemaVersion: 3 } }, /no OCI image/],
  ])("%s", async (_what, changes, detail) => {
    server.script = registry(changes);
    expect(await ask()).toMatchObject(err({ code: "source.no_bundle", detail: expect.stringMatching(detail) }));
  });

  it("an image that is too large, before its bundle is asked for", async () => {
    open(":prod", { maxBytes: 10 });
    expect(await ask()).toMatchObject(err({ code: "source.too_large" }));
    expect(paths()).toEqual(["GET /manifests/prod"]);
  });
});

describe("a registry with a token service", () => {
  let tokens: number;

  /** Gives tokens that last a minute, and wants the latest one. */
  function guarded(challenge: (url: string) => string, answer?: (response: Parameters<Script>[1]) => void): Script {
    tokens = 0;
    const usual = registry();
    return (request, response) => {
      if (request.url?.startsWith("/token")) {
        tokens += 1;
        if (answer) return answer(response);
        return void response.writeHead(200).end(JSON.stringify({ token: `t${tokens}`, expires_in: 60 }));
      }
      if (request.headers.authorization !== `Bearer t${tokens}`) {
        return void response.writeHead(401, { "www-authenticate": challenge(server.url) }).end();
      }
      return usual(request, response);
    };
  }
  const usual = (url: string) => `Bearer realm="${url}/token",service="tests",scope="repository:other/one:pull,push"`;
  const account = { username: "robot", password: () => ok("pw") };

  it("is asked for a token for this repository and for reading only, once in its life", async () => {
    server.script = guarded(usual);
    open(":prod", { account });
    expect(await ask()).toEqual(ok({ bytes: bundle }));
    expect(await ask()).toEqual(ok({}));
    expect(tokens).toBe(1);
    const asked = server.seen.find(({ path }) => path.startsWith("/token"));
    expect(Object.fromEntries(new URL(asked?.path ?? "", server.url).searchParams)).toEqual({
      service: "tests",
      scope: "repository:policies/acme:pull",
      account: "robot",
    });
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from("robot:pw").toString("base64")}`);
    clock.advance(60_000);
    expect(await ask()).toEqual(ok({}));
    expect(tokens).toBe(2);
  });

  it("gives a token without an account, too", async () => {
    server.script = guarded(usual);
    expect(await ask()).toEqual(ok({ bytes: bundle }));
    expect(server.seen.find(({ path }) => path.startsWith("/token"))?.headers).not.toHaveProperty("authorization");
  });

  it.each<[string, (url: string) => string, RegExp]>([
    ["over plain http elsewhere", () => 'Bearer realm="http://auth.example.com/token"', /wanted https/],
    ["nowhere", () => 'Bearer service="tests"', /does not say where from/],
    ["at an address with a password", () => 'Bearer realm="https://a:b@auth.example.com/"', /wanted https/],
  ])("that is %s is not asked", async (_where, challenge, detail) => {
    server.script = guarded(challenge);
    open(":prod", { account });
    expect(await ask()).toMatchObject(err({ code: "source.denied", detail: expect.stringMatching(detail) }));
    expect(tokens).toBe(0);
  });

  it.each<[string, (response: Parameters<Script>[1]) => void, string]>([
    ["says no", (response) => void response.writeHead(401).end("secret"), "source.denied"],
    ["answers a page", (response) => void response.writeHead(200).end("<html>secret"), "source.denied"],
    ["answers a token that would end a header", (response) => void response.writeHead(200).end('{"token":"a\\r\\nX: y"}'), "source.denied"],
    ["leads elsewhere", (response) => void response.writeHead(302, { location: "https://evil.example.com/" }).end(), "source.failed"],
  ])("that %s gives no access, and no content of it is told", async (_what, answer, code) => {
    server.script = guarded(usual, answer);
    const answered = await ask();
    expect(answered).toMatchObject(err({ code }));
    expect(JSON.stringify(answered)).not.toContain("secret");
  });

  it("that gives tokens which the registry does not take is asked once a try", async () => {
    server.script = (request, response) =>
      request.url?.startsWith("/token")
        ? void response.end('{"token":"never"}')
        : void response.writeHead(401, { "www-authenticate": usual(server.url) }).end();
    expect(await ask()).toMatchObject(err({ code: "source.denied" }));
    expect(server.seen).toHaveLength(3);
  });
});

describe("a password", () => {
  it("that is missing is told by its name, and the registry hears of no account", async () => {
    server.script = (_request, response) => void response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    open(":prod", { account: { username: "robot", password: () => err('the file "/run/pw" cannot be read') } });
    expect(await ask()).toMatchObject(err({ code: "source.no_credential", detail: expect.stringContaining("/run/pw") }));
    expect(server.seen).toHaveLength(1);
  });
});
