import { randomFillSync } from "node:crypto";

/** Every id is a prefix and a UUIDv7 (RFC 9562, section 5.7), so that ids sort by the time they were minted. */
export type Id<Prefix extends string> = string & { readonly __prefix: Prefix };

export type DecisionId = Id<"dec">;
export type ReservationId = Id<"res">;
export type SessionId = Id<"ses">;
export type LogId = Id<"log">;

/** Where ids come from. `now` is Unix milliseconds; a test passes its own source. */
export interface IdSource {
  decision(now: number): DecisionId;
  reservation(now: number): ReservationId;
  session(now: number): SessionId;
  log(now: number): LogId;
}

const POOL_BYTES = 4096;
const RANDOM_BYTES = 10;

/** Random ids from the system's generator, drawn in blocks because a call to it costs more than an id. */
export function randomIds(): IdSource {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;

  function uuid7(now: number): string {
    if (used + RANDOM_BYTES > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    pool[used] = ((pool[used] ?? 0) & 0x0f) | 0x70;
    pool[used + 2] = ((pool[used + 2] ?? 0) & 0x3f) | 0x80;
    const random = pool.toString("hex", used, used + RANDOM_BYTES);
    used += RANDOM_BYTES;
    const time = now.toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}`;
  }

  return {
    decision: (now) => `dec_${uuid7(now)}` as DecisionId,
    reservation: (now) => `res_${uuid7(now)}` as ReservationId,
    session: (now) => `ses_${uuid7(now)}` as SessionId,
    log: (now) => `log_${uuid7(now)}` as LogId,
  };
}
