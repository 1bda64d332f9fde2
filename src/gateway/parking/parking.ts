import type { DecisionId } from "../../core/ids.ts";
import type { Question } from "../../core/question.ts";
import type { IntendedCall } from "../call.ts";
import type { Conversation } from "../conversation/index.ts";

/** A call whose server waits in the middle of it, while no request of its client is under way. */
export interface ParkedCall {
  /** The leg that was parked; its decision names the park. */
  readonly call: IntendedCall;
  readonly conversation: Conversation;
  /** What the client was asked and the server waits for. */
  readonly outstanding: ReadonlyMap<string, Question>;
  /** Times that this call came back with questions. */
  readonly round: number;
  /** Unix milliseconds. */
  readonly until: number;
}

/** Parked calls of this process. */
export interface Parking {
  /** Keeps the call until it is taken, or until its time is over; not if its principal, or all of them, have as many waiting as may be. */
  park(parked: ParkedCall): boolean;
  /** Gives the call to whoever brings its answers, once; a foreign one looks like none. */
  take(park: string, owner: string): ParkedCall | undefined;
  waiting(): readonly ParkedCall[];
  /** Cancels the call at its server and records that; nothing if somebody took it in between. */
  abandon(parked: ParkedCall): Promise<void>;
  /** Abandons every call that waits, and takes no more. */
  close(): Promise<void>;
}

export interface ParkingOptions {
  /** Calls of all principals that may wait at once. */
  readonly most?: number;
  /** Calls that one principal may leave waiting at once. */
  readonly perOwner: number;
  /** Leaves the record of a call that nobody came back to. */
  readonly onAbandoned: (parked: ParkedCall) => Promise<void>;
}

/** Calls of all principals: each keeps what its server says meanwhile, up to a whole result. */
const MOST = 4_096;

interface Place {
  readonly parked: ParkedCall;
  readonly timer: NodeJS.Timeout;
}

export function createParking({ perOwner, onAbandoned, most = MOST }: ParkingOptions): Parking {
  const places = new Map<DecisionId, Place>();
  const counts = new Map<string, number>();
  /** Records that are being written. */
  const leaving = new Set<Promise<void>>();
  let closed = false;

  /** Whoever removes a call has it; there is no second. */
  function remove(id: DecisionId): ParkedCall | undefined {
    const place = places.get(id);
    if (!place) return undefined;
    clearTimeout(place.timer);
    places.delete(id);
    const owner = ownerOf(place.parked);
    const left = (counts.get(owner) ?? 1) - 1;
    if (left === 0) counts.delete(owner);
    else counts.set(owner, left);
    return place.parked;
  }

  function abandon({ call, conversation }: ParkedCall): Promise<void> {
    const parked = remove(call.id);
    if (!parked) return Promise.resolve();
    conversation.abandon();
    const recorded = onAbandoned(parked).catch((error: unknown) =>
      call.parts.logger.error({ decision: call.id, error: String(error) }, "an abandoned call left no record"),
    );
    leaving.add(recorded);
    return recorded.finally(() => leaving.delete(recorded));
  }

  return {
    park(parked) {
      const owner = ownerOf(parked);
      const count = counts.get(owner) ?? 0;
      if (closed || count >= perOwner || places.size >= most) return false;
      counts.set(owner, count + 1);
      const timer = setTimeout(() => void abandon(parked), Math.max(0, parked.until - parked.call.parts.clock.now()));
      places.set(parked.call.id, { parked, timer: timer.unref() });
      return true;
    },
    take(park, owner) {
      const place = places.get(park as DecisionId);
      return place && ownerOf(place.parked) === owner ? remove(place.parked.call.id) : undefined;
    },
    waiting: () => [...places.values()].map(({ parked }) => parked),
    abandon,
    async close() {
      closed = true;
      await Promise.all([...places.values()].map(({ parked }) => abandon(parked)));
      await Promise.all(leaving);
    },
  };
}

function ownerOf({ call }: ParkedCall): string {
  return call.exchange.caller.key;
}
