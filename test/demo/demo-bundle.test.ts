import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOpa, generateKeyPair, type Opa } from "../../src/authoring/index.ts";
import { buildDemoBundle, demoBundles } from "../../src/demo/bundle/build-demo-bundle.ts";
import { defaultBundleLimits, readBundle, readKeyring, verifyBundle } from "../../src/parts/bundle/index.ts";

const bundles = join(import.meta.dirname, "../../bundles");
let opa: Opa;
let folder: string;

beforeAll(async () => {
  const found = await findOpa({ env: process.env });
  if (!found.ok) throw new Error(found.error);
  opa = found.value;
  folder = await mkdtemp(join(tmpdir(), "toolgate-bundle-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The files of a bundle as text or digest, without what differs with every build: signature, sequence, revision. */
async function contentsOf(bytes: Uint8Array): Promise<ReadonlyMap<string, string>> {
  const read = await readBundle(bytes, defaultBundleLimits);
  if (!read.ok) throw new Error(read.error.detail);
  const files = new Map([...read.value.files].map(([name, content]) => [name, Buffer.from(content).toString("latin1")]));
  files.delete(".signatures.json");
  const manifest = JSON.parse(files.get(".manifest") ?? "") as { revision: string; metadata: { toolgate: { sequence: number } } };
  manifest.revision = "";
  manifest.metadata.toolgate.sequence = 0;
  return files.set(".manifest", JSON.stringify(manifest));
}

async function keyring() {
  const read = readKeyring(await readFile(join(bundles, "keyring.json"), "utf8"));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

describe.each(demoBundles)("the committed bundle $file", (bundle) => {
  test("is what policies/ gives, byte for byte", async () => {
    const committed = await contentsOf(await readFile(join(bundles, bundle.file)));
    const rebuilt = await contentsOf(await buildDemoBundle(bundle, opa));
    const differing = [...new Set([...committed.keys(), ...rebuilt.keys()])].filter((name) => committed.get(name) !== rebuilt.get(name));
    expect(
      differing,
      "policies/ or the build changed since the demo bundles were built: run npm run demo:bundle and commit bundles/",
    ).toEqual([]);
  }, 60_000);

  test("is accepted by our reader with the keyring beside it", async () => {
    const contents = await readBundle(await readFile(join(bundles, bundle.file)), defaultBundleLimits);
    if (!contents.ok) throw new Error(contents.error.detail);
    const expected = { tenant: "default", environment: "demo", now: Date.now() };
    const verified = await verifyBundle(contents.value, await keyring(), expected);
    expect(verified).toMatchObject({
      ok: true,
      value: { identity: { name: "demo", revision: bundle.revision, sequence: bundle.sequence, signer: "demo" } },
    });
  });

  test("is accepted by opa build with the same public key", async () => {
    const { keys } = JSON.parse(await readFile(join(bundles, "keyring.json"), "utf8")) as { keys: { demo: { public_key: string } } };
    const key = join(folder, "public.pem");
    await writeFile(key, keys.demo.public_key);
    const args = ["build", "-b", join(bundles, bundle.file), "-o", join(folder, "out.tar.gz")];
    const verify = ["--verification-key", key, "--verification-key-id", "demo", "--signing-alg", "ES256"];
    await promisify(execFile)(opa.path, [...args, ...verify]);

    // The same command refuses another key, so the one above did verify.
    await writeFile(key, generateKeyPair("ES256").publicKey);
    await expect(promisify(execFile)(opa.path, [...args, ...verify])).rejects.toThrow(/verif|signature/i);
  }, 60_000);
});

test("the committed bundles hold no private key and no tests", async () => {
  for (const { file } of demoBundles) {
    const files = await contentsOf(await readFile(join(bundles, file)));
    expect([...files.keys()].filter((name) => name.endsWith("_test.rego"))).toEqual([]);
    expect([...files.values()].filter((text) => text.includes("PRIVATE KEY"))).toEqual([]);
  }
});
