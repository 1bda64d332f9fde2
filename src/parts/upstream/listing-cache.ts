import { ok, type Result } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import { failed, wordsOf } from "./failure.ts";
import { changedKinds } from "./listing-changes.ts";
import type { Listing, ListKind, UpstreamFailure } from "./upstream.ts";
import { backOff } from "./wire.ts";

export interface ListingCacheOptions {
  readonly clock: Clock;
  readonly refreshMs: number;
  readonly believeMs: number;
  readonly read: () => Promise<Result<Listing, UpstreamFailure>>;
  /** What is offered is no longer what it was. */
  readonly onChange: (kinds: ReadonlySet<ListKind>) => void;
}

const RETRY_BASE_MS = 1_000;
/** Readings in a row while the server keeps saying that its lists changed. */
const MAX_READS = 3;

/** What a server offers, as last read, and for how long that is to be believed. */
export class ListingCache {
  readonly #options: ListingCacheOptions;
  #listing: Listing | undefined;
  /** False from the moment that something says that the listing may be wrong, until it was read anew. */
  #believed = false;
  #reading: Promise<Result<Listing, UpstreamFailure>> | undefined;
  #nextAt = 0;
  #failures = 0;
  #lastFailure: UpstreamFailure | undefined;
  #doubts = 0;

  constructor(options: ListingCacheOptions) {
    this.#options = options;
  }

  /** What was read last, whether or not it still counts. */
  get last(): Listing | undefined {
    return this.#listing;
  }

  current(): Listing | undefined {
    const now = this.#options.clock.now();
    if (now >= this.#nextAt) void this.refresh();
    return this.#held(now);
  }

  async get(): Promise<Result<Listing, UpstreamFailure>> {
    const now = this.#options.clock.now();
    if (now < this.#nextAt && this.#reading === undefined) {
      const held = this.#held(now);
      if (held !== undefined) return ok(held);
      // A dead server is not asked again by every caller: each would wait for it.
      if (this.#lastFailure !== undefined) return { ok: false, error: this.#lastFailure };
    }
    const read = await this.refresh();
    if (read.ok) return read;
    const held = this.#held(this.#options.clock.now());
    return held === undefined ? read : ok(held);
  }

  /** Reads anew; whoever asks meanwhile gets the same reading. */
  refresh(): Promise<Result<Listing, UpstreamFailure>> {
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** A list changed, or the server is another one than before: nothing is believed until it was asked again. */
  doubt(): void {
    this.#doubts++;
    this.#believed = false;
    this.#nextAt = 0;
    this.#lastFailure = undefined;
  }

  #held(now: number): Listing | undefined {
    const listing = this.#listing;
    return this.#believed && listing !== undefined && now - listing.readAt < this.#options.believeMs ? listing : undefined;
  }

  async #refresh(): Promise<Result<Listing, UpstreamFailure>> {
    for (let reads = 1; ; reads++) {
      const doubts = this.#doubts;
      const read = await this.#read();
      if (!read.ok) return this.#failed(read.error);
      if (doubts === this.#doubts) return this.#took(read.value);
      if (reads === MAX_READS) return this.#failed(unsteady());
    }
  }

  /** Readings begin in the background too, where nobody would catch what is thrown. */
  async #read(): Promise<Result<Listing, UpstreamFailure>> {
    try {
      return await this.#options.read();
    } catch (error) {
      return failed("upstream.unavailable", `the listing could not be read: ${wordsOf(error)}`, true);
    }
  }

  #took(listing: Listing): Result<Listing, UpstreamFailure> {
    this.#believed = true;
    this.#failures = 0;
    this.#lastFailure = undefined;
    this.#nextAt = this.#options.clock.now() + this.#options.refreshMs;
    this.#keep(listing);
    return ok(listing);
  }

  #failed(error: UpstreamFailure): Result<Listing, UpstreamFailure> {
    const { clock, refreshMs } = this.#options;
    this.#nextAt = clock.now() + backOff(this.#failures++, RETRY_BASE_MS, refreshMs);
    this.#lastFailure = error;
    const away = error.code === "upstream.unavailable" || error.code === "upstream.timeout";
    // A server that cannot be reached offers what it did; one that answers nonsense is another server than it was.
    if (!away) this.#believed = false;
    if (this.#listing !== undefined && this.#held(clock.now()) === undefined) this.#keep(undefined);
    return { ok: false, error };
  }

  #keep(listing: Listing | undefined): void {
    const kinds = changedKinds(this.#listing, listing);
    this.#listing = listing;
    if (kinds.size > 0) this.#options.onChange(kinds);
  }
}

function unsteady(): UpstreamFailure {
  return failed("upstream.unavailable", "the server keeps changing its lists while they are read", true).error;
}
