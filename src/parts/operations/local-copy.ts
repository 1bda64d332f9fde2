import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Kept } from "./kept-state.ts";
import type { OperationsKey } from "./operations.ts";
import { openFolder, readStateFile, writeStateFile } from "./state-file.ts";

/**
 * What a replica knows of the shared state, on its own disk: it starts with the quarantine of before while Redis is away,
 * and a Redis that lost everything gets it back. It follows the state and keeps nobody waiting.
 */
export class LocalCopy {
  /** What was there at the start. */
  readonly start: Kept | undefined;
  readonly #folder: string;
  readonly #key: OperationsKey;
  readonly #logger: Logger;
  #written: Kept | undefined;
  #wanted: Kept | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;

  private constructor(folder: string, key: OperationsKey, logger: Logger, start: Kept | undefined) {
    this.#folder = folder;
    this.#key = key;
    this.#logger = logger;
    this.start = start;
    this.#written = start;
  }

  /** Throws where a copy is there and cannot be read: it may be all that knows of a quarantine. */
  static async open(dataDir: string, key: OperationsKey, logger: Logger): Promise<LocalCopy> {
    const folder = await openFolder(dataDir, key);
    const file = await readStateFile(folder, key);
    return new LocalCopy(folder, key, logger, file && { line: file.line, state: file.state });
  }

  /** Writes it soon, the latest only; called again, it tries what failed again. */
  follow(kept: Kept): void {
    this.#wanted = kept;
    if (this.#written !== kept) this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let next = this.#wanted; next !== undefined && next !== this.#written; next = this.#wanted) {
      try {
        await writeStateFile(this.#folder, this.#key, { line: next.line, state: next.state });
        this.#written = next;
        this.#isFailing = false;
      } catch (error) {
        if (!this.#isFailing) this.#logger.error({ error: messageOf(error) }, "the local copy of what operators decided cannot be written");
        this.#isFailing = true;
        return;
      }
    }
  }
}
