import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { isMissing, messageOf } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { replaceFile } from "../../platform/durable-file.ts";
import { Lane } from "../../platform/lane.ts";
import { bundleTooLarge, MOST_BUNDLE_BYTES, type OperationsUnavailable, unavailable } from "./operations.ts";

const suffix = ".tar.gz";

/** Bundles by digest, a file each. */
export class BundleFolder {
  readonly #folder: string;
  readonly #lane = new Lane();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(parent: string): Promise<BundleFolder> {
    const folder = join(parent, "bundles");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new BundleFolder(folder);
  }

  async save(digest: Digest, bytes: Uint8Array): Promise<Result<void, OperationsUnavailable>> {
    const tooLarge = bundleTooLarge(bytes);
    if (tooLarge !== undefined) return err(tooLarge);
    const path = this.#pathOf(digest);
    return this.#lane.do(() =>
      replaceFile(path, bytes).then(
        () => ok(undefined),
        (error) => err(unavailable(`cannot write "${path}": ${messageOf(error)}`)),
      ),
    );
  }

  async read(digest: Digest): Promise<Result<Uint8Array | undefined, OperationsUnavailable>> {
    const path = this.#pathOf(digest);
    try {
      const { size } = await stat(path);
      if (size > MOST_BUNDLE_BYTES) return err(unavailable(`found ${size} bytes in "${path}"; at most ${MOST_BUNDLE_BYTES} were written`));
      return ok(Uint8Array.from(await readFile(path)));
    } catch (error) {
      return isMissing(error) ? ok(undefined) : err(unavailable(`cannot read "${path}": ${messageOf(error)}`));
    }
  }

  /** Throws if the folder cannot be read or changed. */
  async keep(digests: ReadonlySet<Digest>): Promise<void> {
    const kept = new Set([...digests].map((digest) => this.#pathOf(digest)));
    await this.#lane.do(async () => {
      for (const file of await readdir(this.#folder)) {
        const path = join(this.#folder, file);
        if (!kept.has(path)) await rm(path, { force: true });
      }
    });
  }

  #pathOf(digest: Digest): string {
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    if (hex === undefined) throw new Error(`"${digest}" is no digest`);
    return join(this.#folder, `${hex}${suffix}`);
  }
}
