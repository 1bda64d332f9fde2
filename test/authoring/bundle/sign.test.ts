import { describe, expect, it } from "vitest";
import { generateKeyPair, localSigner, packBundle, signBundle, signBundleWith } from "../../../src/authoring/index.ts";
import { contentDigest, filesOf, hashFile, maxSignatures, readSignatures } from "../../../src/parts/bundle/index.ts";
import { changed, listOf, sampleFiles, tokenFor, unpacked } from "../../parts/bundle/sample-bundle.ts";

const [ann, bea] = [generateKeyPair("ES256"), generateKeyPair("EdDSA")];
const signer = (kid: string, algorithm: "ES256" | "EdDSA", { privateKey }: typeof ann) => {
  const made = localSigner({ privateKey, kid, algorithm });
  if (!made.ok) throw new Error(made.error);
  return made.value;
};

async function once(): Promise<Uint8Array> {
  const signed = await signBundle(await packBundle(sampleFiles()), { privateKey: ann.privateKey, kid: "ann", algorithm: "ES256" });
  if (!signed.ok) throw new Error(signed.error);
  return signed.value;
}

async function signaturesOf(bytes: Uint8Array) {
  const read = readSignatures(await unpacked(bytes));
  if (!read.ok) throw new Error(read.error.detail);
  return read.value;
}

describe("a co-signature", () => {
  it("stands beside the first, which stays to the byte, over the same list of files", async () => {
    const bytes = await once();
    const added = await signBundleWith(bytes, signer("bea", "EdDSA", bea), { add: true });
    if (!added.ok) throw new Error(added.error.detail);
    expect(added.value).toMatchObject({ signers: ["ann", "bea"], replaced: 0 });
    const [before, after] = [await signaturesOf(bytes), await signaturesOf(added.value.bytes)];
    expect(after.first).toBe(before.first);
    const [first = [], second = []] = [after.first, ...after.cosignatures].map(filesOf);
    expect(contentDigest(second)).toBe(contentDigest(first));
    expect(contentDigest(first)).not.toBe(contentDigest([]));
  });

  it("takes over the hash algorithm of the first", async () => {
    const files = listOf({ files: sampleFiles() }).map(({ name }) => {
      const hash = hashFile(name, sampleFiles().get(name) ?? new Uint8Array(), "SHA-512");
      return { name, hash: hash.ok ? hash.value : "", algorithm: "SHA-512" };
    });
    const contents = changed({ files: sampleFiles() }, { ".signatures.json": JSON.stringify({ signatures: [await tokenFor({ files })] }) });
    const added = await signBundleWith(await packBundle(contents.files), signer("bea", "EdDSA", bea), { add: true });
    const cosigned = added.ok ? filesOf((await signaturesOf(added.value.bytes)).cosignatures[0] ?? "") : undefined;
    expect(cosigned?.map(({ algorithm }) => algorithm)).toEqual(files.map(() => "SHA-512"));
  });

  it("is never put below a list that is not that of the files, whoever signed it", async () => {
    const lying = listOf({ files: sampleFiles() }).slice(1);
    const contents = changed(
      { files: sampleFiles() },
      { ".signatures.json": JSON.stringify({ signatures: [await tokenFor({ files: lying })] }) },
    );
    const added = await signBundleWith(await packBundle(contents.files), signer("bea", "EdDSA", bea), { add: true });
    expect(!added.ok && added.error).toMatchObject({
      because: "input",
      detail: expect.stringContaining("which the signature does not list"),
    });
  });

  it("needs a first signature, another key, and room", async () => {
    const refusal = async (bytes: Uint8Array, by = signer("bea", "EdDSA", bea)) => {
      const added = await signBundleWith(bytes, by, { add: true });
      return added.ok ? "signed" : added.error.detail;
    };
    expect(await refusal(await packBundle(sampleFiles()))).toContain("a co-signature stands beside a first one");
    expect(await refusal(await once(), signer("ann", "ES256", ann))).toContain('the key "ann" signed this bundle already');
    let bytes = await once();
    for (let at = 1; at < maxSignatures; at++) {
      const added = await signBundleWith(bytes, signer(`k${at}`, "EdDSA", bea), { add: true });
      if (!added.ok) throw new Error(added.error.detail);
      bytes = added.value.bytes;
    }
    expect(await refusal(bytes)).toContain(`wanted at most ${maxSignatures}`);
    expect((await signaturesOf(bytes)).cosignatures.length).toBe(maxSignatures - 1);
  });
});

describe("a new first signature", () => {
  it("takes the place of all that were there, and says how many", async () => {
    const added = await signBundleWith(await once(), signer("bea", "EdDSA", bea), { add: true });
    const again = added.ok ? await signBundleWith(added.value.bytes, signer("bea", "EdDSA", bea)) : added;
    expect(again).toMatchObject({ ok: true, value: { signers: ["bea"], replaced: 2 } });
  });

  it("is not written if it does not verify: a key that computes wrongly gives itself away", async () => {
    const faulty = { ...signer("ann", "ES256", ann), sign: async () => ({ ok: true as const, value: new Uint8Array(64) }) };
    const signed = await signBundleWith(await packBundle(sampleFiles()), faulty);
    expect(!signed.ok && signed.error).toMatchObject({ because: "signer", detail: expect.stringContaining("does not verify") });
  });
});
