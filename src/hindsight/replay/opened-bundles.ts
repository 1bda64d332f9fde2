import { type Unopened, workbenchOf } from "../../authoring/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type Rejudge, rejudgeOf } from "../../gateway/index.ts";
import { bundleOf, type Place } from "../records/index.ts";

/** Why records of a bundle cannot be replayed. */
export interface BundleLost {
  /** `changed`: what is kept under its name is something else. `unusable`: this version of toolgate cannot ask it any more. */
  readonly kind: "not_kept" | "changed" | "unusable";
  readonly digest: string;
  readonly detail: string;
}

type Opened = Result<Rejudge, BundleLost>;

/** Each holds a policy with its memory; a log rarely goes back and forth between more. */
const MOST_OPEN = 8;

/** The bundles of a log, each opened when a record names it, and the ones that were not asked for longest closed again. */
export class OpenedBundles {
  readonly #places: readonly Place[];
  readonly #open = new Map<string, Opened>();
  /** Those that cannot be opened are not tried again. */
  readonly #lost = new Map<string, Opened>();
  #latest: { readonly digest: string; readonly opened: Opened } | undefined;

  constructor(places: readonly Place[]) {
    this.#places = places;
  }

  async of(digest: string): Promise<Opened> {
    if (this.#latest?.digest === digest) return this.#latest.opened;
    const known = this.#open.get(digest) ?? this.#lost.get(digest);
    const opened = known ?? (await this.#openOne(digest));
    // The last of the map is the latest.
    this.#open.delete(digest);
    (opened.ok ? this.#open : this.#lost).set(digest, opened);
    this.#latest = { digest, opened };
    if (this.#open.size > MOST_OPEN) await this.#closeOldest();
    return opened;
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    this.#latest = undefined;
    for (const opened of all) if (opened.ok) await opened.value.close();
  }

  async #closeOldest(): Promise<void> {
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    this.#open.delete(oldest[0]);
    if (oldest[1].ok) await oldest[1].value.close();
  }

  async #openOne(digest: string): Promise<Opened> {
    const kept = await bundleOf(digest, this.#places);
    if (!kept.ok) return kept;
    const { bytes, file } = kept.value;
    const bench = await workbenchOf(file, bytes);
    if (!bench.ok) return err({ kind: "unusable", digest, detail: unusableText(file, bench.error) });
    const { policy, rehearsal, manifest } = bench.value;
    const { environment } = manifest.metadata.toolgate;
    return ok(rejudgeOf({ policy, catalog: rehearsal.catalog, targets: rehearsal.targets, bundle: { environment } }));
  }
}

export function unusableText(file: string, unopened: Unopened): string {
  if (unopened.kind === "unavailable") return unopened.detail;
  const told = unopened.mistakes
    .slice(0, 3)
    .map(({ path, found, wanted }) => `${path === "" ? "" : `${path}: `}found ${found}, wanted ${wanted}`);
  return `"${file}" cannot be asked: ${told.join("; ")}`;
}
