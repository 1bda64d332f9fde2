import type { LogLevel } from "../../core/client.ts";
import type { IdSource, SessionId } from "../../core/ids.ts";
import type { RedisConnection, Script } from "../../platform/redis.ts";
import { Believed } from "./believed.ts";
import type { SessionsConfig } from "./config.ts";
import { shortNameOf, tenantOf } from "./owner.ts";
import { changeScript, countScript, endAllScript, endScript, findScript, openScript } from "./redis-scripts.ts";
import { SESSION_ENDED, type Session, type SessionChange, type SessionNews, type Sessions, SessionsUnavailable } from "./sessions.ts";

export interface RedisSessionsOptions {
  readonly ids: IdSource;
  readonly news: SessionNews;
  /**
   * Whose clock counts. `redis` (default): all replicas share the time of Redis, also for the limit on idle and age.
   * `caller`: `now` itself, for tests that move it.
   */
  readonly clock?: "redis" | "caller";
}

/**
 * Sessions that any replica can serve. A session is believed for a second after it was read; that it ended is told to all
 * replicas at once. Redis away throws: a session of this process alone would live on where it was ended. The limit on all
 * sessions counts those of one tenant.
 */
export function redisSessions(redis: RedisConnection, config: SessionsConfig, options: RedisSessionsOptions): Sessions {
  redis.prepare([openScript, findScript, changeScript, endScript, endAllScript, countScript]);
  return new OnRedis(redis, config, options);
}

/** What one of the replicas believes of a session is no longer so. */
const STALE = "session/stale";
const idForm = /^ses_[0-9a-f-]{36}$/;

class OnRedis implements Sessions {
  readonly #redis: RedisConnection;
  readonly #config: SessionsConfig;
  readonly #ids: IdSource;
  readonly #news: SessionNews;
  readonly #callerClock: boolean;
  readonly #believed = new Believed();
  /** Requests of one session that come together ask once. */
  readonly #reading = new Map<string, Promise<Session | undefined>>();
  readonly #stop: readonly (() => void)[];
  /** Counts the news, so that what was read before them is not believed after them. */
  #heard = 0;

  constructor(redis: RedisConnection, config: SessionsConfig, { ids, news, clock }: RedisSessionsOptions) {
    this.#redis = redis;
    this.#config = config;
    this.#ids = ids;
    this.#news = news;
    this.#callerClock = clock === "caller";
    this.#stop = [SESSION_ENDED, STALE].map((topic) => news.onTold(topic, (payload) => this.#forget(idIn(payload))));
  }

  async open(wanted: Parameters<Sessions["open"]>[0], now: number): Promise<Session | undefined> {
    const { owner, door, protocolVersion, client, capabilities } = wanted;
    const id = this.#ids.session(now);
    const { max_per_owner, max_total } = this.#config;
    const about = JSON.stringify({ door, protocolVersion, client, capabilities });
    const answer = await this.#run(openScript, id, owner, now, [max_per_owner, max_total, door, about]);
    if (answer.ok) return this.#believe(read(openScript, id, owner, answer.value), now);
    // The script may still run after its caller has given up; the session that nobody knows of is taken back behind it.
    if (answer.error.mayHaveRun) void this.#run(endScript, id, owner, now, []);
    throw new SessionsUnavailable(answer.error.detail);
  }

  async find(id: string, owner: string, door: string, now: number): Promise<Session | undefined> {
    const belief = this.#believed.get(id, now);
    if (belief !== undefined) {
      if (belief.session.owner !== owner || belief.session.door !== door) return undefined;
      belief.usedAt = now;
      return belief.session;
    }
    if (!idForm.test(id)) return undefined;
    const key = `${id} ${door} ${owner}`;
    const underWay = this.#reading.get(key);
    if (underWay !== undefined) return underWay;
    const reading = this.#find(id as SessionId, owner, door, now).finally(() => {
      if (this.#reading.get(key) === reading) this.#reading.delete(key);
    });
    this.#reading.set(key, reading);
    return reading;
  }

  async change(id: string, owner: string, change: SessionChange, now: number): Promise<Session | "full" | undefined> {
    if (!idForm.test(id)) return undefined;
    const value = change.set === "log_level" ? change.level : change.uri;
    const limit = this.#config.subscriptions_per_session;
    const answer = await this.#act(changeScript, id, owner, now, [change.set, value, limit]);
    if (Array.isArray(answer) && answer[0] === "full") return "full";
    const changed = read(changeScript, id as SessionId, owner, answer);
    if (changed === undefined) return undefined;
    this.#forget(id);
    this.#news.tell(STALE, { id });
    return changed.session;
  }

  async end(id: string, owner: string, now: number): Promise<boolean> {
    if (!idForm.test(id)) return false;
    const ended = (await this.#act(endScript, id, owner, now, [])) === 1;
    if (ended) this.#ended(id);
    return ended;
  }

  async endAll(owner: string, now: number): Promise<number> {
    const { prefix, all, own } = keysOf(owner);
    const args = [this.#time(now), `${prefix}id:`, `${prefix}subscriptions:`];
    const answer = await this.#redis.run(endAllScript, [own, all], args);
    if (!answer.ok) throw new SessionsUnavailable(answer.error.detail);
    const ids = Array.isArray(answer.value) ? answer.value.map(String) : [];
    for (const id of ids) this.#ended(id);
    return ids.length;
  }

  async count(tenant: string, now: number): Promise<number> {
    const answer = await this.#redis.run(countScript, [`${prefixOf(tenant)}all`], [this.#time(now)]);
    if (!answer.ok) throw new SessionsUnavailable(answer.error.detail);
    return Number(answer.value);
  }

  async close(): Promise<void> {
    for (const stop of this.#stop) stop();
    this.#believed.clear();
  }

  async #find(id: SessionId, owner: string, door: string, now: number): Promise<Session | undefined> {
    const usedAt = this.#believed.usedAt(id);
    const heard = this.#heard;
    const answer = await this.#act(findScript, id, owner, now, [door, usedAt === undefined ? "" : Math.max(0, now - usedAt)]);
    const found = read(findScript, id, owner, answer);
    if (found === undefined) this.#believed.forget(id);
    return heard === this.#heard ? this.#believe(found, now) : found?.session;
  }

  #believe(found: Found | undefined, now: number): Session | undefined {
    if (found !== undefined) this.#believed.add(found.session, now, found.leftMs);
    return found?.session;
  }

  #ended(id: string): void {
    this.#forget(id);
    this.#news.tell(SESSION_ENDED, { id });
  }

  #forget(id: string | undefined): void {
    this.#heard += 1;
    // Nor may whoever comes after the news be answered by it.
    this.#reading.clear();
    if (id !== undefined) this.#believed.forget(id);
  }

  async #act(act: Script, id: string, owner: string, now: number, args: readonly (string | number)[]): Promise<unknown> {
    const answer = await this.#run(act, id, owner, now, args);
    if (answer.ok) return answer.value;
    this.#forget(id);
    throw new SessionsUnavailable(answer.error.detail);
  }

  #run(act: Script, id: string, owner: string, now: number, args: readonly (string | number)[]): ReturnType<RedisConnection["run"]> {
    const { prefix, all, own } = keysOf(owner);
    const { idle_timeout_s, max_age_s } = this.#config;
    const keys = [`${prefix}id:${id}`, `${prefix}subscriptions:${id}`, own, all];
    return this.#redis.run(act, keys, [id, shortNameOf(owner), this.#time(now), idle_timeout_s * 1000, max_age_s * 1000, ...args]);
  }

  #time(now: number): string | number {
    return this.#callerClock ? now : "";
  }
}

/** All keys of a tenant share one hash tag, so that a script may touch any of them on a cluster too. */
function prefixOf(tenant: string): string {
  return `tg1:{${encodeURIComponent(tenant)}}:session:`;
}

function keysOf(owner: string): { readonly prefix: string; readonly all: string; readonly own: string } {
  const prefix = prefixOf(tenantOf(owner));
  return { prefix, all: `${prefix}all`, own: `${prefix}owner:${shortNameOf(owner)}` };
}

interface Found {
  readonly session: Session;
  readonly leftMs: number;
}

/** Reads what a script tells of a session; `undefined` if it says that there is none. Throws for anything else. */
function read(act: Script, id: SessionId, owner: string, reply: unknown): Found | undefined {
  if (!Array.isArray(reply)) throw unreadable(act);
  const [leftMs, openedAt, about, level, ...subscriptions] = reply as readonly unknown[];
  if (leftMs === undefined) return undefined;
  if (typeof leftMs !== "number" || typeof openedAt !== "number" || typeof about !== "string") throw unreadable(act);
  const opened = JSON.parse(about) as Pick<Session, "door" | "protocolVersion" | "client" | "capabilities">;
  const session: Session = { id, owner, ...opened, openedAt, subscriptions: subscriptions.map(String) };
  return { session: level === "" ? session : { ...session, logLevel: level as LogLevel }, leftMs };
}

function unreadable(act: Script): SessionsUnavailable {
  return new SessionsUnavailable(`redis answered "${act.name}" in a way that cannot be read`);
}

function idIn(payload: unknown): string | undefined {
  return typeof payload === "object" && payload !== null && "id" in payload && typeof payload.id === "string" ? payload.id : undefined;
}
