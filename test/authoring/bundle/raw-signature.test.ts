import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import fc from "fast-check";
import { compactVerify } from "jose";
import { describe, expect, it } from "vitest";
import { ecdsaFromDer, hashOf, lengthOf, signRaw, verifyRaw } from "../../../src/authoring/bundle/raw-signature.ts";
import { generateKeyPair } from "../../../src/authoring/index.ts";
import { type SignatureAlgorithm, signatureAlgorithms } from "../../../src/parts/bundle/index.ts";

/** As X.690 writes a number that is not negative. */
function integer(number: bigint): readonly number[] {
  const hex = number.toString(16);
  const bytes = [...Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")];
  const positive = (bytes[0] ?? 0) > 0x7f ? [0, ...bytes] : bytes;
  return [0x02, positive.length, ...positive];
}

function der(r: bigint, s: bigint): Uint8Array {
  const body = [...integer(r), ...integer(s)];
  return Uint8Array.from([0x30, body.length, ...body]);
}

const hexOf = (number: bigint, size: number) => number.toString(16).padStart(2 * size, "0");

describe.each([32, 48])("an ECDSA signature of two numbers of %i bytes", (size) => {
  const number = fc.oneof(
    fc.bigInt({ min: 1n, max: 2n ** BigInt(8 * size) - 1n }),
    fc.bigInt({ min: 1n, max: 300n }),
    fc.constant(2n ** BigInt(8 * size - 1)),
  );

  it("is read from DER whatever the numbers, short ones padded", () => {
    fc.assert(
      fc.property(number, number, (r, s) => {
        expect(Buffer.from(ecdsaFromDer(der(r, s), size) ?? []).toString("hex")).toBe(hexOf(r, size) + hexOf(s, size));
      }),
    );
  });

  it("has one form only: what is cut, longer, padded, negative, zero or otherwise changed is none", () => {
    const bad = (bytes: readonly number[]) => expect(ecdsaFromDer(Uint8Array.from(bytes), size)).toBeUndefined();
    fc.assert(
      fc.property(number, number, fc.nat(), (r, s, at) => {
        const good = [...der(r, s)];
        bad(good.slice(0, at % good.length));
        bad([...good, 0]);
        const [, length = 0, ...bytes] = integer(s);
        const padded = [...integer(r), 0x02, length + 1, 0, ...bytes];
        if (bytes[0] !== 0 || length > 1) bad([0x30, padded.length, ...padded]);
      }),
    );
    bad([0x30, 6, 2, 1, 0, 2, 1, 1]);
    bad([0x30, 6, 2, 1, 1, 2, 1, 0x80]);
    bad([0x30, 7, 2, 2, 0, 1, 2, 1, 1]);
    bad([0x30, 5, 2, 0, 2, 1, 1]);
    bad([0x31, 6, 2, 1, 1, 2, 1, 1]);
    bad([0x30, 6, 3, 1, 1, 2, 1, 1]);
    bad([...der(2n ** BigInt(8 * size), 1n)]);
  });

  it("is never read from other bytes by accident, nor does it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const read = ecdsaFromDer(bytes, size);
        if (read === undefined) return;
        const [r, s] = [read.subarray(0, size), read.subarray(size)].map((half) => BigInt(`0x${Buffer.from(half).toString("hex")}`));
        expect(der(r ?? 0n, s ?? 0n)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });
});

function signing(algorithm: SignatureAlgorithm) {
  const pair = generateKeyPair(algorithm);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: algorithm })}.${part({ files: [] })}`;
  return { secret: createPrivateKey(pair.privateKey), open: createPublicKey(pair.publicKey), input };
}

describe.each(signatureAlgorithms)("%s", (algorithm) => {
  const { secret, open, input } = signing(algorithm);

  it("signs as jose verifies, in as many bytes as the key makes", async () => {
    const signature = signRaw(algorithm, secret, Buffer.from(input));
    expect(signature.length).toBe(lengthOf(algorithm, open));
    const token = `${input}.${Buffer.from(signature).toString("base64url")}`;
    expect((await compactVerify(token, open, { algorithms: [algorithm] })).protectedHeader.alg).toBe(algorithm);
    expect(verifyRaw(algorithm, open, Buffer.from(input), signature)).toBe(true);
    expect(verifyRaw(algorithm, open, Buffer.from(`${input}x`), signature)).toBe(false);
  });
});

it.each(["PS256", "PS384", "PS512"] as const)("%s wants a salt as long as the hash, as JOSE does", (algorithm) => {
  const { secret, open, input } = signing(algorithm);
  const salted = sign(hashOf(algorithm), Buffer.from(input), { key: secret, padding: 6, saltLength: 20 });
  expect(verifyRaw(algorithm, open, Buffer.from(input), salted)).toBe(false);
});
