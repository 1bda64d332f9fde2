import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Digest, sha256Hex } from "../../core/digest.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { RedisConnection } from "../../platform/redis.ts";
import { bundleTooLarge, MOST_BUNDLE_BYTES, type OperationsUnavailable, unavailable } from "./operations.ts";
import type { OperationsKeys } from "./redis-keys.ts";
import { brokenScript, bundleScript, keepScript, pieceScript, savedScript } from "./redis-scripts.ts";

/** A command must be answered within its bound, so a bundle goes in pieces that take a small part of it. */
const PIECE_BYTES = 384 * 1024;
const UNFINISHED_MS = 60_000;

const aboutSchema = z.tuple([
  z.string().regex(/^[0-9a-f]{64}$/),
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number),
]);

/** Bundles by digest, a hash each. The digest is of a bundle's content; the SHA-256 beside it is of its bytes. */
export class RedisBundles {
  readonly #redis: RedisConnection;
  readonly #keys: OperationsKeys;

  constructor(redis: RedisConnection, keys: OperationsKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async save(digest: Digest, bytes: Uint8Array): Promise<Result<void, OperationsUnavailable>> {
    const tooLarge = bundleTooLarge(bytes);
    if (tooLarge !== undefined) return err(tooLarge);
    const hash = sha256Hex(bytes);
    const there = await this.#about(digest);
    // What cannot be read there is replaced.
    if (there.ok && there.value?.hash === hash) return ok(undefined);
    // Aside until all of it is there: nobody reads half a bundle, and of two that save at once one wins whole.
    const pieces = this.#keys.pieces(digest, randomUUID());
    const count = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES));
    for (let index = 0; index < count; index++) {
      const piece = Buffer.from(bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES)).toString("base64");
      const laid = await this.#redis.run(pieceScript, [pieces], [index, piece, UNFINISHED_MS]);
      if (!laid.ok) return err(unavailable(laid.error.detail));
    }
    const saved = await this.#redis.run(savedScript, [pieces, this.#keys.bundle(digest), this.#keys.bundles], [digest, hash, count]);
    if (!saved.ok) return err(unavailable(saved.error.detail));
    return saved.value === 1 ? ok(undefined) : err(unavailable("redis lost pieces of the bundle while it was saved"));
  }

  async read(digest: Digest): Promise<Result<Uint8Array | undefined, OperationsUnavailable>> {
    const there = await this.#about(digest);
    if (!there.ok || there.value === undefined) return there.ok ? ok(undefined) : there;
    const { hash, count } = there.value;
    const pieces: Buffer[] = [];
    let length = 0;
    for (let index = 0; index < count && length <= MOST_BUNDLE_BYTES; index++) {
      const piece = await this.#fields(digest, [String(index)]);
      if (!piece.ok) return piece;
      const bytes = Buffer.from(piece.value[0] ?? "", "base64");
      length += bytes.length;
      pieces.push(bytes);
    }
    const bytes = Uint8Array.from(Buffer.concat(pieces));
    if (bytes.length <= MOST_BUNDLE_BYTES && sha256Hex(bytes) === hash) return ok(bytes);
    await this.#redis.run(brokenScript, [this.#keys.bundle(digest)], [hash]);
    return err(unavailable(`the bytes of ${digest} in redis are not those that were saved; they are forgotten, to be saved again`));
  }

  async keep(digests: ReadonlySet<Digest>): Promise<void> {
    await this.#redis.run(keepScript, [this.#keys.bundles], [this.#keys.bundlePrefix, ...digests]);
  }

  async #about(digest: Digest): Promise<Result<{ readonly hash: string; readonly count: number } | undefined, OperationsUnavailable>> {
    const answer = await this.#fields(digest, ["sha256", "pieces"]);
    if (!answer.ok) return answer;
    if (answer.value.every((value) => value === null)) return ok(undefined);
    const about = aboutSchema.safeParse(answer.value);
    if (!about.success) return err(unavailable(`found what cannot be read in "${this.#keys.bundle(digest)}" of redis`));
    return ok({ hash: about.data[0], count: about.data[1] });
  }

  async #fields(digest: Digest, fields: readonly string[]): Promise<Result<readonly (string | null)[], OperationsUnavailable>> {
    const answer = await this.#redis.run(bundleScript, [this.#keys.bundle(digest)], fields);
    if (!answer.ok) return err(unavailable(answer.error.detail));
    const values = z.array(z.string().nullable()).safeParse(answer.value);
    return values.success ? ok(values.data) : err(unavailable(`found what cannot be read in "${this.#keys.bundle(digest)}" of redis`));
  }
}
