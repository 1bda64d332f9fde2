import type { Digest } from "../../core/digest.ts";
import type { StagedBundle } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { BundleRefusal } from "../../parts/bundle/index.ts";
import type { Operations } from "../../parts/operations/index.ts";
import type { Activation } from "../activation.ts";
import type { Generation } from "../generation.ts";
import type { Refusal } from "../generations.ts";

/** Why a bundle is not at hand. `passing`: that may end by itself, and says nothing about the bundle. */
export interface NotReady extends Refusal {
  readonly passing: boolean;
}

export interface Ready {
  readonly generation: Generation;
  readonly bytes: Uint8Array;
}

/** Bundles that this process prepared and does not decide with yet, and the bytes of those that it was given. */
export class Shelf {
  readonly #activation: Activation;
  readonly #operations: Operations;
  readonly #prepared = new Map<Digest, Ready>();
  readonly #bytes = new Map<Digest, Uint8Array>();

  constructor(activation: Activation, operations: Operations) {
    this.#activation = activation;
    this.#operations = operations;
  }

  /** Bytes that were verified to be of this digest. */
  remember(digest: Digest, bytes: Uint8Array): void {
    this.#bytes.set(digest, bytes);
  }

  /** A prepared generation of these bytes, verified anew: its key may be revoked, or its time over, since it was prepared. */
  async prepare(digest: Digest, bytes: Uint8Array): Promise<Result<Ready, BundleRefusal>> {
    const known = this.#prepared.get(digest);
    if (known) {
      const verified = await this.#activation.verify(bytes, "shared");
      if (verified.ok) return ok(known);
      this.#drop(digest);
      return verified;
    }
    const generation = await this.#activation.prepare(bytes, "shared");
    if (!generation.ok) return generation;
    const found = generation.value.bundle.identity.digest;
    if (found !== digest) {
      await generation.value.policy.close();
      return err({ code: "bundle.file_changed", detail: `found a bundle ${found}, wanted ${digest}` });
    }
    const ready = { generation: generation.value, bytes };
    this.#prepared.set(digest, ready);
    return ok(ready);
  }

  /** The same from wherever its bytes are: this process, its disk, the other replicas. */
  async ready({ digest, revision }: Pick<StagedBundle, "digest" | "revision">): Promise<Result<Ready, NotReady>> {
    let refusal: Refusal | undefined;
    for (const read of [() => this.#bytes.get(digest), () => this.#activation.read(digest)]) {
      const bytes = await read();
      const prepared = bytes && (await this.prepare(digest, bytes));
      if (prepared?.ok) return prepared;
      if (prepared) refusal = prepared.error;
    }
    const shared = await this.#operations.readBundle(digest);
    if (shared.ok && shared.value) {
      const prepared = await this.prepare(digest, shared.value);
      if (prepared.ok) return prepared;
      refusal = prepared.error;
    }
    if (refusal) return err({ ...refusal, passing: false });
    if (!shared.ok) return err({ ...shared.error, passing: true });
    return err({ code: "rollout.no_bundle", detail: `no replica keeps "${revision}" (${digest})`, passing: true });
  }

  async bytes(digest: Digest): Promise<Uint8Array | undefined> {
    const here = this.#bytes.get(digest) ?? this.#prepared.get(digest)?.bytes ?? (await this.#activation.read(digest));
    if (here) return here;
    const shared = await this.#operations.readBundle(digest);
    return shared.ok ? shared.value : undefined;
  }

  /** Whoever takes it closes it. */
  take(digest: Digest): void {
    this.#prepared.delete(digest);
  }

  /** Closes and forgets everything else. */
  keep(wanted: ReadonlySet<Digest>): void {
    for (const digest of this.#prepared.keys()) if (!wanted.has(digest)) this.#drop(digest);
    for (const digest of this.#bytes.keys()) if (!wanted.has(digest)) this.#bytes.delete(digest);
  }

  #drop(digest: Digest): void {
    const { generation } = this.#prepared.get(digest) ?? {};
    this.#prepared.delete(digest);
    if (generation) void generation.policy.close();
  }
}
