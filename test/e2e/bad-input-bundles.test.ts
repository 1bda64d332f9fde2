import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { generateKeyPair, localSigner, packBundle, signBundleWith } from "../../src/authoring/index.ts";
import { manualClock } from "../../src/platform/clock.ts";
import {
  type BundleChange,
  filesOf,
  type Gate,
  house,
  sign,
  signedBundle,
  startGate,
  throwAwayKey,
  told,
  unsignedBundle,
} from "../support/gate.ts";
import { received } from "../support/gate-refused.ts";

const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
let gate: Gate;
let token: string;
const START = 10;

beforeAll(async () => {
  gate = await startGate({ clock, bundle: { sequence: START } });
  token = await gate.token({ lifetime: 86_400 });
});
afterAll(async () => {
  expect(await gate.verify()).toMatchObject({ ok: true });
  await gate.stop();
});

const good = (change: BundleChange = {}) => signedBundle(house, { sequence: START + 1, ...change }, gate.key);

/** Files of a signed bundle with something done to them after the signature. */
async function tampered(change: (files: Map<string, Uint8Array>) => void): Promise<Uint8Array> {
  const files = await filesOf(await good());
  change(files);
  return packBundle(files);
}

/** An archive with an entry more, under any name. */
async function withEntry(name: string): Promise<Uint8Array> {
  const archive = pack();
  const chunks: Uint8Array[] = [];
  archive.on("data", (chunk) => void (chunk instanceof Uint8Array && chunks.push(chunk)));
  const ended = new Promise<void>((resolve) => archive.on("end", () => resolve()));
  for (const [file, bytes] of await filesOf(await good())) archive.entry({ name: `/${file}` }, Buffer.from(bytes));
  archive.entry({ name }, "package policy.evil\n");
  archive.finalize();
  await ended;
  return gzipSync(Buffer.concat(chunks));
}

const offers: readonly (readonly [title: string, code: string, bytes: () => Promise<Uint8Array>])[] = [
  ["is unsigned", "bundle.unsigned", () => unsignedBundle(house)],
  [
    "is signed by a key that the keyring does not name",
    "bundle.unknown_key",
    async () => sign(await unsignedBundle(house), throwAwayKey("evil")),
  ],
  [
    "is signed by another key of the same name",
    "bundle.bad_signature",
    async () => sign(await unsignedBundle(house), throwAwayKey("gate")),
  ],
  ["has one byte changed in its archive", "bundle.unreadable", async () => flipped(await good())],
  [
    "has one byte changed in its policy",
    "bundle.file_changed",
    () => tampered((files) => files.set("policy.wasm", flipped(files.get("policy.wasm")))),
  ],
  [
    "has one byte changed in its tables",
    "bundle.file_changed",
    () => tampered((files) => files.set("data.json", spaced(files.get("data.json")))),
  ],
  [
    "has another manifest than the signed one",
    "bundle.file_changed",
    () => tampered((files) => files.set(".manifest", raised(files.get(".manifest")))),
  ],
  [
    "has a file that is not listed",
    "bundle.file_unlisted",
    () => tampered((files) => files.set("policy/extra.rego", Buffer.from("package policy.extra\n"))),
  ],
  ["lacks a file that is listed", "bundle.file_missing", () => tampered((files) => files.delete("policy/quiet.rego"))],
  ["has an older sequence", "bundle.older_sequence", () => good({ sequence: START - 1 })],
  ["has the same sequence and other content", "bundle.same_sequence_other_content", () => good({ sequence: START, revision: "another" })],
  ["has expired", "bundle.expired", () => good({ about: { expires: "2026-05-31T00:00:00Z" } })],
  ["is for another environment", "bundle.wrong_place", () => good({ about: { environment: "production" } })],
  ["is for another tenant", "bundle.wrong_place", () => good({ about: { tenant: "other" } })],
  ["has another name", "bundle.wrong_place", () => good({ about: { name: "other" } })],
  ["has a manifest that is none", "bundle.invalid_manifest", () => good({ about: { max_decide_ms: "soon" } })],
  ["has a manifest of a later version", "bundle.unsupported", () => good({ about: { schema: 2 } })],
  [
    "has tables that contradict each other",
    "bundle.invalid_catalog",
    () => good({ data: (data) => void Object.assign(data.catalog, { groups: { staff: { roles: ["nobody"] } } }) }),
  ],
  ["has a path with ..", "bundle.unreadable", () => withEntry("../../etc/cron.d/evil")],
  ["has an absolute path", "bundle.unreadable", () => withEntry("//etc/cron.d/evil")],
  ["has one file twice", "bundle.unreadable", () => withEntry("/policy/quiet.rego")],
  ["is a bomb", "bundle.too_large", async () => gzipSync(Buffer.alloc(300 * 1024 * 1024))],
  ["is cut off", "bundle.unreadable", async () => (await good()).subarray(0, 2_000)],
  ["is empty", "bundle.unreadable", async () => new Uint8Array()],
  ["is no archive", "bundle.unreadable", async () => Buffer.from("<html>404</html>")],
];

function flipped(bytes: Uint8Array | undefined): Uint8Array {
  const copy = Uint8Array.from(bytes ?? []);
  const at = copy.length >> 1;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function spaced(bytes: Uint8Array | undefined): Uint8Array {
  return Buffer.from(
    Buffer.from(bytes ?? [])
      .toString("utf8")
      .replace('"risk":"high"', '"risk":"low"'),
  );
}

function raised(bytes: Uint8Array | undefined): Uint8Array {
  return Buffer.from(
    Buffer.from(bytes ?? [])
      .toString("utf8")
      .replace(/"sequence":\d+/, '"sequence":999'),
  );
}

test.each(offers)(
  "a bundle that %s is refused as %s: the last good one stays, readyz says why, and calls go on",
  async (_title, code, bytes) => {
    const before = received(gate);
    const call = () => gate.call("desk__echo", {}, { token });
    expect(told(await call()).effect).toBe("allow");
    expect(await gate.offer(await bytes())).toMatchObject({ activated: false, code });

    expect(await gate.readyz()).toMatchObject({
      status: 200,
      body: {
        status: "ready",
        parts: {
          bundle: { ok: true, detail: expect.stringMatching(new RegExp(`sequence ${START} .*latest candidate refused: ${code}: `)) },
        },
      },
    });
    expect(told(await call()).effect).toBe("allow");
    expect(received(gate)).toBe(before + 2);
    const records = await gate.records();
    expect(records.filter(({ kind }) => kind === "intent").every(({ bundle }) => bundle?.sequence === START)).toBe(true);
    expect(records.findLast(({ kind }) => kind === "bundle")).toMatchObject({ effect: "refused", reasons: [{ code }] });
  },
);

test("after all of that a good one is taken, and nothing is said of the refused ones any more", async () => {
  expect(await gate.swap({ sequence: START + 5 })).toEqual({ activated: true });
  expect(told(await gate.call("desk__echo", {}, { token })).effect).toBe("allow");
  const intent = (await gate.records()).findLast(({ kind }) => kind === "intent");
  expect(intent?.bundle).toMatchObject({ sequence: START + 5, revision: `r${START + 5}` });
  expect(await gate.readyz()).toMatchObject({ body: { parts: { bundle: { detail: expect.not.stringContaining("refused") } } } });
});

describe("at the start", () => {
  let own: Gate | undefined;
  afterEach(async () => {
    await own?.stop();
    own = undefined;
  });

  test("nothing listens without a valid bundle", async () => {
    await expect(startGate({ bundle: { about: { environment: "production" } } })).rejects.toThrow("bundle.wrong_place");
  });

  test("a bundle below the floor is refused after a restart too; the one that was promoted last goes on", async () => {
    own = await startGate({ bundle: { sequence: 5 } });
    expect(await own.swap({ sequence: 7 })).toEqual({ activated: true });
    await writeFile(own.bundleFile, await signedBundle(house, { sequence: 6 }, own.key));
    await own.restart();
    expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
    expect((await own.records()).findLast(({ kind }) => kind === "intent")?.bundle).toMatchObject({ sequence: 7 });
    expect(await own.readyz()).toMatchObject({ body: { parts: { bundle: { detail: expect.stringContaining("bundle.older_sequence") } } } });
  });

  test("a key that is revoked while the gate runs ends its active bundle at once, until it is trusted again", async () => {
    own = await startGate();
    expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
    const refused = own.logged((line) => line.msg === "bundle refused");
    const keyring = JSON.parse(own.key.keyring) as { keys: Record<string, object> };
    keyring.keys.gate = { ...keyring.keys.gate, revoked: true };
    await writeFile(join(own.folder, "keyring.json"), JSON.stringify(keyring));
    expect(await refused).toMatchObject({ code: "bundle.unknown_key" });
    await expect.poll(async () => (await own?.readyz())?.status).toBe(503);
    expect((await own.call("desk__echo", {})).status).toBe(503);
    expect(own.servers.desk?.calls.length).toBe(1);
    await writeFile(join(own.folder, "keyring.json"), own.key.keyring);
    await expect.poll(async () => (await own?.readyz())?.status).toBe(200);
    expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
  });

  test("a keyring that comes to want two owners ends the bundle of one at once, until another has signed it too", async () => {
    own = await startGate();
    expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
    const refused = own.logged((line) => line.msg === "bundle refused");
    const other = generateKeyPair("EdDSA");
    const { keys } = JSON.parse(own.key.keyring) as { keys: Record<string, object> };
    const both = { ...keys, other: { algorithm: "EdDSA", public_key: other.publicKey, owner: "another" } };
    await writeFile(join(own.folder, "keyring.json"), JSON.stringify({ version: 1, threshold: 2, keys: both }));
    expect(await refused).toMatchObject({ code: "bundle.too_few_signatures" });
    await expect.poll(async () => (await own?.readyz())?.status).toBe(503);
    expect((await own.call("desk__echo", {})).status).toBe(503);
    expect(own.servers.desk?.calls.length).toBe(1);
    const signer = localSigner({ privateKey: other.privateKey, kid: "other", algorithm: "EdDSA" });
    const cosigned = signer.ok ? await signBundleWith(await readFile(own.bundleFile), signer.value, { add: true }) : signer;
    if (!cosigned.ok) throw new Error(JSON.stringify(cosigned.error));
    await writeFile(own.bundleFile, cosigned.value.bytes);
    await expect.poll(async () => (await own?.readyz())?.status).toBe(200);
    expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
  });

  test("an expired bundle lets nothing through, or only reads where it says so, and a newer one opens again", async () => {
    const time = manualClock(Date.parse("2026-06-01T09:00:00Z"));
    own = await startGate({ clock: time, bundle: { about: { expires: "2026-06-01T10:00:00Z", on_expiry: "deny_writes" } } });
    const call = (tool: string) => own?.call(tool, {});
    expect(told((await call("desk__note"))!).effect).toBe("allow");
    time.advance(3_600_000);
    expect(told((await call("desk__echo"))!).effect).toBe("allow");
    expect(told((await call("desk__note"))!)).toMatchObject({ effect: "deny", codes: ["bundle.expired"] });
    expect(own.servers.desk?.calls.length).toBe(2);
    expect((await own.readyz()).status).toBe(503);
    expect(await own.swap()).toEqual({ activated: true });
    expect(told((await call("desk__note"))!).effect).toBe("allow");
    expect((await own.readyz()).status).toBe(200);
  });
});
