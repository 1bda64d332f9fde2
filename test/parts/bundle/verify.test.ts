import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { generateKeyPair, packBundle, signBundle } from "../../../src/authoring/index.ts";
import { entrypoints, libraryDigest, verifyBundle } from "../../../src/parts/bundle/index.ts";
import { entrypoints as policyEntrypoints } from "../../../src/parts/policy/index.ts";
import {
  about,
  changed,
  expected,
  keyring,
  keys,
  listOf,
  macToken,
  now,
  refusal,
  sampleFiles,
  signed,
  textOf,
  tokenFor,
  tokenOf,
  unpacked,
  verified,
  withTokens,
} from "./sample-bundle.ts";

describe("a signed bundle", () => {
  it("is taken with what its manifest says", async () => {
    const bundle = await verified(await signed(sampleFiles()));
    expect(bundle.identity).toMatchObject({ name: "sample", revision: "r1", sequence: 7, signer: "release" });
    expect(bundle).toMatchObject({
      tenant: "default",
      environment: "test",
      onExpiry: "deny_all",
      maxDecideMs: 50,
      expiresAt: Date.parse(about.expires),
    });
    expect(bundle.modules.map((module) => module.path)).toEqual(["policy/refunds.rego", "toolgate/decide.rego"]);
    expect(bundle.data.custom).toEqual({ title: "Dësk 😀", rate: 1.5 });
  });

  it("is taken with an Ed25519 key as well", async () => {
    expect((await verified(await signed(sampleFiles(), "backup"))).identity.signer).toBe("backup");
  });

  it("has the same digest whoever signed it and however its JSON is laid out, and another for other content", async () => {
    const contents = await signed(sampleFiles());
    const { digest } = (await verified(contents)).identity;
    expect((await verified(await signed(sampleFiles(), "backup"))).identity.digest).toBe(digest);
    const spaced = changed(contents, { "data.json": JSON.stringify(JSON.parse(textOf(contents, "data.json")), null, 4) });
    expect((await verified(spaced)).identity.digest).toBe(digest);
    expect((await verified(await signed(sampleFiles({ sequence: 8 })))).identity.digest).not.toBe(digest);
  });

  it("names the entrypoints that the policy part asks", () => {
    expect(entrypoints).toEqual(policyEntrypoints);
  });
});

describe("a bundle whose files are not those that were signed", () => {
  it("is refused unsigned", async () => {
    expect((await refusal({ files: sampleFiles() })).code).toBe("bundle.unsigned");
    expect((await refusal(withTokens({ files: sampleFiles() }))).code).toBe("bundle.unsigned");
  });

  it.each([...sampleFiles().keys()])("is refused with one byte of %s changed", async (name) => {
    const contents = await signed(sampleFiles());
    const bytes = Buffer.from(contents.files.get(name) ?? []);
    // In a JSON file the byte stays JSON, so that it is the hash that finds it.
    const at = name === "data.json" ? bytes.indexOf("1.5") : name === ".manifest" ? bytes.indexOf("r1") : bytes.length - 2;
    bytes[at] = name === "data.json" ? 0x32 : (bytes[at] ?? 0) ^ 1;
    expect(await refusal(changed(contents, { [name]: bytes }))).toMatchObject({
      code: "bundle.file_changed",
      detail: expect.stringContaining(name),
    });
  });

  it("is refused with a number written in another way, although it is the same number", async () => {
    const contents = await signed(sampleFiles());
    const data = textOf(contents, "data.json").replace("1.5", "1.50");
    expect((await refusal(changed(contents, { "data.json": data }))).code).toBe("bundle.file_changed");
  });

  it("is refused with a duplicate key, which two readers could resolve differently", async () => {
    const contents = await signed(sampleFiles());
    const data = textOf(contents, "data.json").replace('"rate":1.5', '"rate":1,"rate":1.5');
    expect((await refusal(changed(contents, { "data.json": data }))).code).toBe("bundle.unreadable");
  });

  it("is refused with a file more", async () => {
    const contents = await signed(sampleFiles());
    expect((await refusal(changed(contents, { "policy/extra.rego": "package policy.extra\n" }))).code).toBe("bundle.file_unlisted");
  });

  it("is refused with a file less", async () => {
    const contents = await signed(sampleFiles());
    expect((await refusal(changed(contents, { "policy/refunds.rego": undefined }))).code).toBe("bundle.file_missing");
  });

  it("is refused with a file under another name", async () => {
    const contents = await signed(sampleFiles());
    const moved = changed(contents, { "policy/refunds.rego": undefined, "policy/moved.rego": textOf(contents, "policy/refunds.rego") });
    expect((await refusal(moved)).code).toBe("bundle.file_unlisted");
  });
});

describe("a signature", () => {
  const cases: readonly (readonly [string, string, (contents: Awaited<ReturnType<typeof signed>>) => Promise<unknown> | unknown])[] = [
    ["with a MAC over the public key", "bundle.bad_signature", (contents) => macToken({ files: listOf(contents) }, "HS256")],
    ["with the algorithm none", "bundle.bad_signature", (contents) => macToken({ files: listOf(contents) }, "none")],
    [
      "of a key that is not in the keyring",
      "bundle.unknown_key",
      (contents) => tokenFor({ files: listOf(contents) }, { alg: "ES256", kid: "other" }),
    ],
    ["without a key id", "bundle.unknown_key", (contents) => tokenFor({ files: listOf(contents) }, { alg: "ES256" })],
    ["with two different key ids", "bundle.bad_signature", (contents) => tokenFor({ files: listOf(contents), keyid: "backup" })],
    [
      "of the right key under the id of another",
      "bundle.bad_signature",
      (contents) => tokenFor({ files: listOf(contents) }, { alg: "ES256", kid: "backup" }),
    ],
    [
      "whose payload was exchanged",
      "bundle.bad_signature",
      (contents) => {
        const [header, , mac] = tokenOf(contents).split(".");
        return `${header}.${Buffer.from(JSON.stringify({ files: [] })).toString("base64url")}.${mac}`;
      },
    ],
    ["over nothing but a text", "bundle.unsupported", () => tokenFor("hello")],
    ["with a scope", "bundle.unsupported", (contents) => tokenFor({ files: listOf(contents), scope: "write" })],
    [
      "with a file listed twice",
      "bundle.bad_signature",
      (contents) => tokenFor({ files: [...listOf(contents), ...listOf(contents).slice(0, 1)] }),
    ],
    [
      "with a weak hash",
      "bundle.unsupported",
      (contents) => tokenFor({ files: listOf(contents).map((file) => ({ ...file, algorithm: "MD5" })) }),
    ],
    [
      "that lists itself",
      "bundle.file_missing",
      (contents) => tokenFor({ files: [...listOf(contents), { name: ".signatures.json", hash: "00", algorithm: "SHA-256" }] }),
    ],
    ["that is no token", "bundle.bad_signature", () => "a.b.c"],
  ];
  it.each(cases)("%s is refused as %s", async (_, code, make) => {
    const contents = await signed(sampleFiles());
    await verified(withTokens(contents, await tokenFor({ files: listOf(contents) })));
    expect((await refusal(withTokens(contents, String(await make(contents))))).code).toBe(code);
  });

  it("beside another one is refused, even if both are good", async () => {
    const contents = await signed(sampleFiles());
    expect((await refusal(withTokens(contents, tokenOf(contents), tokenOf(contents)))).code).toBe("bundle.bad_signature");
  });

  it("with a plugin of its own is refused", async () => {
    const contents = await signed(sampleFiles());
    const file = JSON.stringify({ signatures: [tokenOf(contents)], plugin: "mine" });
    expect((await refusal(changed(contents, { ".signatures.json": file }))).code).toBe("bundle.bad_signature");
  });

  it("of a revoked key is refused, also for a bundle that was active before", async () => {
    const contents = await signed(sampleFiles());
    const { digest } = (await verified(contents)).identity;
    const bundle = await verifyBundle(contents, keyring({ revoked: true }), { ...expected, activatedBefore: new Set([digest]) });
    expect(!bundle.ok && bundle.error.code).toBe("bundle.unknown_key");
  });

  it("outside the key's validity is refused for a new bundle and accepted for one that was active before", async () => {
    const contents = await signed(sampleFiles());
    const { digest } = (await verified(contents)).identity;
    for (const period of [{ not_after: "2026-05-31T00:00:00Z" }, { not_before: "2026-06-02T00:00:00Z" }]) {
      const fresh = await verifyBundle(contents, keyring(period), expected);
      expect(!fresh.ok && fresh.error.code).toBe("bundle.unknown_key");
      // What time alone may end is worth another try.
      expect(!fresh.ok && fresh.error.again).toBe("not_before" in period ? true : undefined);
      expect((await verifyBundle(contents, keyring(period), { ...expected, activatedBefore: new Set([digest]) })).ok).toBe(true);
    }
  });

  it("of RSA keys counts, and an RSA key that is too short cannot be in a keyring", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    for (const algorithm of ["RS256", "PS256"] as const) {
      const bytes = await signBundle(await packBundle(sampleFiles()), { privateKey, kid: "release", algorithm });
      const ring = keyring({ algorithm, public_key: publicKey });
      expect(bytes.ok && (await verifyBundle(await unpacked(bytes.value), ring, expected)).ok).toBe(true);
    }
  });
});

describe("a bundle in the wrong place or time", () => {
  it.each([
    ["environment", { environment: "prod" }],
    ["tenant", { tenant: "acme" }],
    ["name", { name: "other" }],
  ])("is refused for another %s", async (_, expectation) => {
    expect((await refusal(await signed(sampleFiles()), expectation)).code).toBe("bundle.wrong_place");
  });

  it("is refused from the moment it expires, unless it was active before", async () => {
    const contents = await signed(sampleFiles());
    const { digest, ...rest } = (await verified(contents)).identity;
    const end = Date.parse(about.expires);
    expect(rest.sequence).toBe(7);
    expect((await verifyBundle(contents, keyring(), { ...expected, now: end - 1 })).ok).toBe(true);
    expect((await refusal(contents, { now: end })).code).toBe("bundle.expired");
    expect((await verifyBundle(contents, keyring(), { ...expected, now: end, activatedBefore: new Set([digest]) })).ok).toBe(true);
  });

  it("is refused with a product library that the gateway does not know", async () => {
    const contents = await signed(sampleFiles());
    const library = libraryDigest((await verified(contents)).modules);
    expect((await verifyBundle(contents, keyring(), { ...expected, now, knownLibraries: new Set([library]) })).ok).toBe(true);
    expect((await refusal(contents, { knownLibraries: new Set() })).code).toBe("bundle.unknown_library");
  });
});

describe("a manifest or data", () => {
  it.each([
    ["a newer schema", { schema: 2 }, "bundle.unsupported"],
    ["no sequence", { sequence: undefined }, "bundle.invalid_manifest"],
    ["a sequence of 0", { sequence: 0 }, "bundle.invalid_manifest"],
    ["an expiry without a zone", { expires: "2027-01-01T00:00:00" }, "bundle.invalid_manifest"],
    ["an unknown on_expiry", { on_expiry: "allow" }, "bundle.invalid_manifest"],
    ["an unknown key", { extra: 1 }, "bundle.invalid_manifest"],
  ])("with %s is refused", async (_, metadata, code) => {
    expect((await refusal(await signed(sampleFiles(metadata)))).code).toBe(code);
  });

  it("without one of the entrypoints is refused", async () => {
    const files = sampleFiles();
    const manifest = JSON.parse(Buffer.from(files.get(".manifest") ?? []).toString());
    files.set(".manifest", Buffer.from(JSON.stringify({ ...manifest, wasm: manifest.wasm.slice(1) })));
    expect(await refusal(await signed(files))).toMatchObject({
      code: "bundle.invalid_manifest",
      detail: expect.stringContaining("toolgate/admit"),
    });
  });

  it.each([
    ["data.json", undefined, "bundle.file_missing"],
    ["policy.wasm", undefined, "bundle.file_missing"],
    ["policy.wasm", "hello", "bundle.file_missing"],
    [".manifest", undefined, "bundle.file_missing"],
    [".manifest", "{}", "bundle.invalid_manifest"],
    ["data.json", "[]", "bundle.invalid_catalog"],
    ["data.json", '{"roles":{}}', "bundle.invalid_catalog"],
    ["data.json", '{"custom":1e400}', "bundle.unreadable"],
    ["data.json", '{"__proto__":{}}', "bundle.unreadable"],
  ])("with %s as %j is refused as %s, although it is signed", async (name, content, code) => {
    const contents = changed({ files: sampleFiles() }, { [name]: content });
    expect((await refusal(await signed(new Map(contents.files)))).code).toBe(code);
  });
});

it("a key that does not fit its algorithm signs nothing", async () => {
  const bytes = await packBundle(sampleFiles());
  expect((await signBundle(bytes, { privateKey: generateKeyPair("EdDSA").privateKey, kid: "release", algorithm: "ES256" })).ok).toBe(false);
  expect((await signBundle(bytes, { privateKey: "no key", kid: "release", algorithm: "ES256" })).ok).toBe(false);
  expect((await signBundle(bytes, { privateKey: keys.release.privateKey, kid: "", algorithm: "ES256" })).ok).toBe(false);
});
