import type { Digest } from "../../core/digest.ts";
import { messageOf } from "../../core/errors.ts";
import type { ComparisonCounts, OperationsState, ReplicaReport } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import { Lane } from "../../platform/lane.ts";
import { type Logger, silentLogger } from "../../platform/logger.ts";
import { BundleFolder } from "./bundle-folder.ts";
import { type Kept, newLine } from "./kept-state.ts";
import { KnownState } from "./known-state.ts";
import { type Counted, type Operations, type OperationsKey, type OperationsUnavailable, unavailable } from "./operations.ts";
import { Reported } from "./reported.ts";
import { openFolder, readStateFile, type StateFile, writeStateFile } from "./state-file.ts";
import { asKept } from "./state-schema.ts";
import { Tallies } from "./tally.ts";

export interface FileOperationsOptions {
  /** The data directory, which this process holds locked. */
  readonly folder: string;
  readonly clock: Clock;
  readonly replica: string;
  readonly logger?: Logger;
  /** How long counts may wait to be written; a second. */
  readonly flushMs?: number;
}

/**
 * Operations of one process without Redis, in its data directory. A change is on the disk before it counts; counts follow
 * within a second and at close, so that a killed process loses what it counted in its last second, and nothing else.
 * Throws where what is kept cannot be read: a gateway that does not know its quarantine must not start.
 */
export async function fileOperations(key: OperationsKey, options: FileOperationsOptions): Promise<Operations> {
  const folder = await openFolder(options.folder, key);
  const { counts, ...kept }: StateFile = (await readStateFile(folder, key)) ?? newLine();
  return new InFiles(key, folder, await BundleFolder.open(folder), kept, new Tallies(counts), options);
}

class InFiles implements Operations {
  readonly firstRead = Promise.resolve();
  readonly #key: OperationsKey;
  readonly #folder: string;
  readonly #bundles: BundleFolder;
  readonly #line: string;
  readonly #known: KnownState;
  readonly #tallies: Tallies;
  readonly #reported = new Reported();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #flushMs: number;
  readonly #lane = new Lane();
  #flush: NodeJS.Timeout | undefined;
  #isFlushFailing = false;

  constructor(key: OperationsKey, folder: string, bundles: BundleFolder, kept: Kept, tallies: Tallies, options: FileOperationsOptions) {
    this.#key = key;
    this.#folder = folder;
    this.#bundles = bundles;
    this.#line = kept.line;
    this.#clock = options.clock;
    this.#logger = options.logger ?? silentLogger;
    this.#flushMs = options.flushMs ?? 1_000;
    this.#known = new KnownState(this.#logger, kept.state);
    this.#tallies = tallies;
  }

  current(): OperationsState {
    return this.#known.current;
  }

  staleMs(): number {
    return 0;
  }

  update<Refusal>(
    change: (state: OperationsState) => Result<Omit<OperationsState, "version">, Refusal>,
  ): Promise<Result<OperationsState, Refusal | OperationsUnavailable>> {
    return this.#lane.do(async () => {
      const before = this.#known.current;
      const next = change(before);
      if (!next.ok) return next;
      const state = asKept(next.value, before.version + 1);
      this.#tallies.forget(state, this.#clock.now());
      const written = await this.#write(state);
      if (!written.ok) return written;
      this.#known.rise(state);
      return ok(state);
    });
  }

  onChange(listener: (state: OperationsState) => void): () => void {
    return this.#known.onChange(listener);
  }

  async count(rollout: string, found: Counted): Promise<Result<void, OperationsUnavailable>> {
    this.#tallies.add(rollout, found, this.#clock.now());
    this.#flushSoon();
    return ok(undefined);
  }

  async counts(rollout: string): Promise<Result<ComparisonCounts, OperationsUnavailable>> {
    this.#tallies.forget(this.#known.current, this.#clock.now());
    return ok(this.#tallies.counts(rollout));
  }

  saveBundle(digest: Digest, bytes: Uint8Array): Promise<Result<void, OperationsUnavailable>> {
    return this.#bundles.save(digest, bytes);
  }

  readBundle(digest: Digest): Promise<Result<Uint8Array | undefined, OperationsUnavailable>> {
    return this.#bundles.read(digest);
  }

  async keepBundles(digests: ReadonlySet<Digest>): Promise<void> {
    await this.#bundles.keep(digests).catch((error) => this.#logger.warn({ error: messageOf(error) }, "old bundles cannot be removed"));
  }

  report(report: Omit<ReplicaReport, "at">): void {
    this.#reported.add(report, this.#clock.now());
  }

  async replicas(): Promise<Result<readonly ReplicaReport[], OperationsUnavailable>> {
    return ok(this.#reported.lately(this.#clock.now()));
  }

  async close(): Promise<void> {
    if (this.#flush !== undefined) await this.#flushCounts();
    clearTimeout(this.#flush);
    await this.#lane.settled();
  }

  async #flushCounts(): Promise<void> {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const written = await this.#lane.do(() => this.#write(this.#known.current));
    if (!written.ok) this.#flushSoon();
    if (!written.ok && !this.#isFlushFailing)
      this.#logger.warn({ error: written.error.detail }, "what comparisons found cannot be written");
    this.#isFlushFailing = !written.ok;
  }

  #flushSoon(): void {
    this.#flush ??= setTimeout(() => void this.#flushCounts(), this.#flushMs).unref();
  }

  async #write(state: OperationsState): Promise<Result<void, OperationsUnavailable>> {
    try {
      await writeStateFile(this.#folder, this.#key, { line: this.#line, state, counts: this.#tallies.all() });
      return ok(undefined);
    } catch (error) {
      return err(unavailable(`cannot write in "${this.#folder}": ${messageOf(error)}`));
    }
  }
}
