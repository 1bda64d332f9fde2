import type { IdSource } from "../../core/ids.ts";
import type { SessionsConfig } from "./config.ts";
import { beginningOf } from "./owner.ts";
import { SESSION_ENDED, type Session, type SessionChange, type SessionNews, type Sessions } from "./sessions.ts";

/** How many sessions each new one looks at, in turn, to drop those that are over. */
const LOOKED_AT = 2;
/** With all places taken, everything is looked through at most this often: a flood must not make each refusal a search. */
const SEARCH_EVERY_MS = 1_000;

/** Sessions in this process. Nobody loses a session because somebody else opens many: what is full refuses new ones. */
export function memorySessions(config: SessionsConfig, around: Around): Sessions & { size(): number } {
  return new InMemory(config, around);
}

interface Around {
  readonly ids: IdSource;
  readonly news: Pick<SessionNews, "tell">;
}

interface Kept {
  session: Session;
  usedAt: number;
}

class InMemory implements Sessions {
  readonly #config: SessionsConfig;
  readonly #ids: IdSource;
  readonly #news: Around["news"];
  readonly #kept = new Map<string, Kept>();
  readonly #byOwner = new Map<string, Set<string>>();
  #turn: Iterator<Kept> = this.#kept.values();
  #searchedAt = Number.NEGATIVE_INFINITY;

  constructor(config: SessionsConfig, { ids, news }: Around) {
    this.#config = config;
    this.#ids = ids;
    this.#news = news;
  }

  async open(wanted: Parameters<Sessions["open"]>[0], now: number): Promise<Session | undefined> {
    this.#dropSome(now);
    if (!this.#hasRoom(now) || !this.#hasRoomFor(wanted.owner, now)) return undefined;
    const { owner, door, protocolVersion, client, capabilities } = wanted;
    const id = this.#ids.session(now);
    const session: Session = { id, owner, door, protocolVersion, client, capabilities, openedAt: now, subscriptions: [] };
    this.#kept.set(session.id, { session, usedAt: now });
    const own = this.#byOwner.get(owner);
    if (own === undefined) this.#byOwner.set(owner, new Set([session.id]));
    else own.add(session.id);
    return session;
  }

  async find(id: string, owner: string, door: string, now: number): Promise<Session | undefined> {
    const kept = this.#alive(id, now);
    if (kept === undefined || kept.session.owner !== owner || kept.session.door !== door) return undefined;
    kept.usedAt = Math.max(kept.usedAt, now);
    return kept.session;
  }

  async change(id: string, owner: string, change: SessionChange, now: number): Promise<Session | "full" | undefined> {
    const kept = this.#alive(id, now);
    if (kept === undefined || kept.session.owner !== owner) return undefined;
    kept.usedAt = Math.max(kept.usedAt, now);
    const changed = after(kept.session, change, this.#config.subscriptions_per_session);
    if (changed !== "full") kept.session = changed;
    return changed;
  }

  async end(id: string, owner: string, now: number): Promise<boolean> {
    const kept = this.#alive(id, now);
    if (kept === undefined || kept.session.owner !== owner) return false;
    this.#drop(kept.session);
    this.#news.tell(SESSION_ENDED, { id });
    return true;
  }

  async endAll(owner: string, now: number): Promise<number> {
    let ended = 0;
    for (const id of this.#byOwner.get(owner) ?? []) if (await this.end(id, owner, now)) ended += 1;
    return ended;
  }

  async count(tenant: string, now: number): Promise<number> {
    const beginning = beginningOf(tenant);
    let count = 0;
    for (const kept of this.#kept.values()) if (kept.session.owner.startsWith(beginning) && !this.#isOver(kept, now)) count += 1;
    return count;
  }

  async close(): Promise<void> {
    this.#kept.clear();
    this.#byOwner.clear();
  }

  size(): number {
    return this.#kept.size;
  }

  #alive(id: string, now: number): Kept | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined || !this.#isOver(kept, now)) return kept;
    this.#drop(kept.session);
    return undefined;
  }

  #isOver(kept: Kept, now: number): boolean {
    return now - kept.usedAt >= this.#config.idle_timeout_s * 1000 || now - kept.session.openedAt >= this.#config.max_age_s * 1000;
  }

  #drop(session: Session): void {
    this.#kept.delete(session.id);
    const own = this.#byOwner.get(session.owner);
    own?.delete(session.id);
    if (own?.size === 0) this.#byOwner.delete(session.owner);
  }

  #dropSome(now: number): void {
    for (let looked = 0; looked < LOOKED_AT; looked++) {
      const next = this.#turn.next();
      if (next.done === true) {
        this.#turn = this.#kept.values();
        return;
      }
      if (this.#isOver(next.value, now)) this.#drop(next.value.session);
    }
  }

  #hasRoom(now: number): boolean {
    if (this.#kept.size < this.#config.max_total) return true;
    if (now - this.#searchedAt < SEARCH_EVERY_MS) return false;
    this.#searchedAt = now;
    for (const kept of this.#kept.values()) {
      if (this.#isOver(kept, now)) this.#drop(kept.session);
    }
    return this.#kept.size < this.#config.max_total;
  }

  #hasRoomFor(owner: string, now: number): boolean {
    const own = this.#byOwner.get(owner);
    if (own === undefined || own.size < this.#config.max_per_owner) return true;
    for (const id of own) this.#alive(id, now);
    return own.size < this.#config.max_per_owner;
  }
}

function after(session: Session, change: SessionChange, limit: number): Session | "full" {
  if (change.set === "log_level") return { ...session, logLevel: change.level };
  const { subscriptions } = session;
  const known = subscriptions.includes(change.uri);
  if (change.set === "unsubscribe") {
    return known ? { ...session, subscriptions: subscriptions.filter((uri) => uri !== change.uri) } : session;
  }
  if (known) return session;
  return subscriptions.length < limit ? { ...session, subscriptions: [...subscriptions, change.uri] } : "full";
}
