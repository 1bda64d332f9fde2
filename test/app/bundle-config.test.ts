import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { checkSurroundings, readConfig } from "../../src/app/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "toolgate-config-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(bundle: Record<string, unknown>) {
  const file = join(folder, "toolgate.yaml");
  const config = {
    version: 1,
    data_dir: "./data",
    listen: { host: "127.0.0.1", port: 0 },
    public_url: "https://gate.example.com",
    issuers: [{ issuer: "https://login.example.com", audience: "https://gate.example.com" }],
    secrets: { robot: { env: "ROBOT" } },
    bundle: { keyring: "keyring.json", name: "acme", environment: "prod", ...bundle },
  };
  await writeFile(file, stringify(config));
  return readConfig(file);
}

const http = { url: "https://bundles.example.com/acme.tar.gz" };
const oci = { reference: "registry.example.com/policies/acme:prod" };

describe("where the bundle is", () => {
  test.each<[string, Record<string, unknown>]>([
    ["a file", { file: "acme.tar.gz" }],
    ["a server", { http: { ...http, bearer: "robot", long_poll_s: 60 } }],
    ["a server that knows a certificate", { http: { ...http, ca: "ca.pem", client_certificate: { cert: "c.pem", key: "k.pem" } } }],
    ["a server on loopback", { http: { url: "http://127.0.0.1:8000/acme.tar.gz?x=y" } }],
    ["a registry", { oci: { ...oci, credentials: { username: "robot", password: "robot" }, ca: "ca.pem" } }],
    ["a registry on loopback", { oci: { reference: "localhost:5000/acme:prod", plain_http: true } }],
    ["an image by its digest", { oci: { reference: `registry.example.com/acme@sha256:${"a".repeat(64)}` } }],
  ])("may be %s", async (_what, bundle) => {
    expect(await read(bundle)).toMatchObject({ ok: true });
  });

  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ["nothing", {}, "bundle.file", /one of file, http and oci/],
    ["two places", { file: "x", http }, "bundle.http", /one source only: there is file already/],
    ["plain http elsewhere", { http: { url: "http://bundles.example.com/x" } }, "bundle.http.url", /https URL/],
    ["credentials in a URL", { http: { url: "https://robot:hunter2@bundles.example.com/x" } }, "bundle.http.url", /without credentials/],
    ["a bearer that is no secret of the file", { http: { ...http, bearer: "hunter2" } }, "bundle.http.bearer", /a name of `secrets`/],
    [
      "a bearer and a certificate",
      { http: { ...http, bearer: "robot", client_certificate: { cert: "c", key: "k" } } },
      "bundle.http.client_certificate",
      /either bearer or client_certificate/,
    ],
    [
      "a certificate without TLS",
      { http: { url: "http://localhost/x", client_certificate: { cert: "c", key: "k" } } },
      "bundle.http.client_certificate",
      /https url/,
    ],
    [
      "delays in the wrong order",
      { http: { ...http, min_delay_ms: 5000, max_delay_ms: 4000 } },
      "bundle.http.max_delay_ms",
      /min_delay_ms/,
    ],
    ["a reference without a registry", { oci: { reference: "acme:prod" } }, "bundle.oci.reference", /a registry, a repository/],
    ["a reference without a tag", { oci: { reference: "registry.example.com/acme" } }, "bundle.oci.reference", /a tag or digest/],
    ["plain http to a registry elsewhere", { oci: { ...oci, plain_http: true } }, "bundle.oci.plain_http", /loopback/],
    [
      "a password that is no secret of the file",
      { oci: { ...oci, credentials: { username: "robot", password: "hunter2" } } },
      "bundle.oci.credentials.password",
      /a name of `secrets`/,
    ],
  ])("is a mistake if it is %s", async (_what, bundle, path, wanted) => {
    const config = await read(bundle);
    expect(config).toMatchObject({ ok: false });
    const mistakes = config.ok ? [] : config.error;
    expect(mistakes).toContainEqual(expect.objectContaining({ path, wanted: expect.stringMatching(wanted) }));
    // People write a secret where its name belongs, or into an address.
    expect(JSON.stringify(mistakes)).not.toContain("hunter2");
  });

  test("counts paths from the folder of the configuration, and files that are not there are told by their key", async () => {
    const config = await read({ http: { ...http, ca: "ca.pem", client_certificate: { cert: "c.pem", key: "k.pem" } } });
    if (!config.ok) throw new Error(JSON.stringify(config.error));
    expect(config.value.bundle.http).toMatchObject({ ca: join(folder, "ca.pem"), client_certificate: { cert: join(folder, "c.pem") } });
    const told = (await checkSurroundings(config.value, { ROBOT: "x" })).map(({ path }) => path);
    expect(told).toEqual(["bundle.keyring", "bundle.http.ca", "bundle.http.client_certificate.cert", "bundle.http.client_certificate.key"]);
    const second = await read({ oci: { ...oci, ca: "ca.pem" } });
    if (!second.ok) throw new Error(JSON.stringify(second.error));
    expect((await checkSurroundings(second.value, { ROBOT: "x" })).map(({ path }) => path)).toEqual(["bundle.keyring", "bundle.oci.ca"]);
  });
});
