import { randomFillSync } from "node:crypto";

/** Every id is a prefix and a UUIDv7 (RFC 9562, section 5.7), so that ids sort by the time they were minted. */
export type Id<Prefix extends string> = string & { readonly __prefix: Prefix };

export type DecisionId = Id<"dec">;
export type ReservationId = Id<"res">;
export type SessionId = Id<"ses">;
export type LogId = Id<"log">;
export type RolloutId = Id<"rol">;
export type QuarantineId = Id<"qua">;

/** Where ids come from. `now` is Unix milliseconds; a test passes its own source. */
export interface IdSource {
  decision(now: number): DecisionId;
  reservation(now: number): ReservationId;
  session(now: number): SessionId;
  log(now: number): LogId;
  rollout(now: number): RolloutId;
  quarantine(now: number): QuarantineId;
}

const POOL_BYTES = 4096;
const RANDOM_BYTES = 10;
const HEX = Buffer.from("0123456789abcdef", "latin1");
const NIL = "00000000-0000-0000-0000-000000000000";
const TIME_DIGITS = 12;
/** Where the random digits begin: behind the time and two dashes. */
const RANDOM_AT = 14;

/** Random ids from the system's generator, drawn in blocks because a call to it costs more than an id. */
export function randomIds(): IdSource {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;

  /** Written into bytes: a text that is put together from pieces keeps every piece alive for as long as somebody keeps the id. */
  function minter<Prefix extends string>(prefix: Prefix): (now: number) => Id<Prefix> {
    const bytes = Buffer.from(`${prefix}_${NIL}`, "latin1");
    const start = prefix.length + 1;
    let written = Number.NaN;
    return (now) => {
      if (used + RANDOM_BYTES > POOL_BYTES) {
        randomFillSync(pool);
        used = 0;
      }
      pool[used] = ((pool[used] ?? 0) & 0x0f) | 0x70;
      pool[used + 2] = ((pool[used + 2] ?? 0) & 0x3f) | 0x80;
      if (now !== written) {
        const time = now.toString(16).padStart(TIME_DIGITS, "0");
        bytes.write(`${time.slice(0, 8)}-${time.slice(8)}-`, start, "latin1");
        written = now;
      }
      writeRandom(bytes, start + RANDOM_AT, pool, used);
      used += RANDOM_BYTES;
      return bytes.toString("latin1") as Id<Prefix>;
    };
  }

  return {
    decision: minter("dec"),
    reservation: minter("res"),
    session: minter("ses"),
    log: minter("log"),
    rollout: minter("rol"),
    quarantine: minter("qua"),
  };
}

/** Twenty digits in groups of 4, 4 and 12; the dashes between them are there already. */
function writeRandom(into: Buffer, start: number, random: Buffer, from: number): void {
  let at = start;
  for (let index = 0; index < RANDOM_BYTES; index++) {
    if (index === 2 || index === 4) at += 1;
    const byte = random[from + index] ?? 0;
    into[at++] = HEX[byte >> 4] ?? 0;
    into[at++] = HEX[byte & 0x0f] ?? 0;
  }
}
