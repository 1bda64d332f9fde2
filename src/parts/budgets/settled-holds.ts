import type { ReservationId } from "../../core/ids.ts";
import type { Settlement } from "./ledger.ts";

const PER_GENERATION = 1024;

/** How the latest holds ended: at least the last 1024, at most twice as many. */
export class SettledHolds {
  #young = new Map<ReservationId, Settlement["state"]>();
  #old = new Map<ReservationId, Settlement["state"]>();

  add(id: ReservationId, state: Settlement["state"]): void {
    if (this.#young.size >= PER_GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, state);
  }

  get(id: ReservationId): Settlement["state"] | undefined {
    return this.#young.get(id) ?? this.#old.get(id);
  }
}
