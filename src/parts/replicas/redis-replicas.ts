import type { Logger } from "../../platform/logger.ts";
import type { RedisConnection, RedisSubscription } from "../../platform/redis.ts";
import { Asked, type AskOptions, away, type Reply } from "./asked.ts";
import { textOf } from "./json-text.ts";
import { OwnProcess } from "./own-process.ts";
import { newReplicaId } from "./replica-id.ts";
import type { Replicas } from "./replicas.ts";
import { type Handler, Topics } from "./topics.ts";
import { channelOf, EVERYBODY, readWire, type Wire, wire } from "./wire.ts";

/** Questions that wait for an answer, and questions that are being answered, at once. */
const MOST_OPEN = 10_000;
/** How often it is looked whether the other side of an open question is still there. A process that was killed says no good-bye. */
const LOOK_EVERY_MS = 1_000;
/** A replica whose connection to Redis was made anew is missing for a moment; whoever is missing twice is gone. */
const MISSING_TIMES = 2;

export interface RedisReplicas extends Replicas {
  /** Whether this process can be reached by the others. */
  isReady(): boolean;
  /** Resolves once it can be reached for the first time. */
  readonly firstReady: Promise<void>;
}

/** Replicas that share a Redis speak through it (pub/sub). Closing them leaves the connection open: it belongs to whoever opened it. */
export function redisReplicas(redis: RedisConnection, logger: Logger): RedisReplicas {
  return new OnRedis(redis, logger);
}

interface Sent {
  readonly asked: Asked;
  readonly replica: string;
  events: number;
}

interface Answering {
  readonly from: string;
  readonly controller: AbortController;
}

class OnRedis implements RedisReplicas {
  readonly id = newReplicaId();
  readonly #redis: RedisConnection;
  readonly #topics: Topics;
  readonly #own: OwnProcess;
  readonly #subscription: RedisSubscription;
  readonly #sent = new Map<number, Sent>();
  readonly #answering = new Map<string, Answering>();
  readonly #missing = new Map<string, number>();
  #number = 0;
  #looking: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(redis: RedisConnection, logger: Logger) {
    this.#redis = redis;
    this.#topics = new Topics(logger);
    this.#own = new OwnProcess(this.#topics);
    this.#subscription = redis.subscribe([this.#channel(this.id), EVERYBODY], (_channel, text) => this.#take(text));
  }

  get firstReady(): Promise<void> {
    return this.#subscription.firstReady;
  }

  isReady(): boolean {
    return this.#redis.isReady() && this.#subscription.isReady();
  }

  serve(topic: string, handler: Handler): void {
    this.#topics.serve(topic, handler);
  }

  async ask(replica: string, topic: string, payload: unknown, options: AskOptions): Promise<Reply> {
    if (this.#closed || options.signal?.aborted) return away;
    if (replica === this.id) return this.#own.ask(topic, payload, options);
    const channel = channelOf(replica);
    // Whoever cannot hear the answer must not have the work done.
    if (channel === undefined || !this.#subscription.isReady() || this.#sent.size >= MOST_OPEN) return away;
    const text = textOf(payload);
    if (text === undefined) {
      this.#topics.tooLong(topic);
      return away;
    }
    this.#number += 1;
    const number = this.#number;
    const asked = new Asked(topic, options, this.#topics, (gaveUp) => {
      this.#sent.delete(number);
      if (gaveUp) void this.#redis.publish(channel, wire.drop(number, this.id));
    });
    this.#sent.set(number, { asked, replica, events: 0 });
    this.#look();
    const sent = await this.#redis.publish(channel, wire.ask(number, this.id, topic, text));
    if (!sent.ok) asked.giveUp();
    else if (sent.value === 0) asked.failed();
    return asked.reply;
  }

  tell(topic: string, payload: unknown): void {
    if (this.#closed) return;
    const text = textOf(payload);
    if (text === undefined) {
      this.#topics.tooLong(topic);
      return;
    }
    this.#own.tell(topic, text);
    void this.#redis.publish(EVERYBODY, wire.tell(this.id, topic, text));
  }

  onTold(topic: string, listener: (payload: unknown) => void): () => void {
    return this.#topics.onTold(topic, listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#looking);
    this.#own.close();
    for (const { asked } of this.#sent.values()) asked.giveUp();
    for (const { controller } of this.#answering.values()) controller.abort();
    await this.#subscription.close();
  }

  #channel(replica: string): string {
    return channelOf(replica) ?? EVERYBODY;
  }

  #take(text: string): void {
    const message = readWire(text);
    if (message === undefined || this.#closed) return;
    if (message.k === "ask") void this.#answer(message);
    else if (message.k === "drop") this.#answering.get(`${message.from} ${message.n}`)?.controller.abort();
    else if (message.k === "tell") {
      if (message.from !== this.id) this.#topics.hear(message.topic, message.payload);
    } else if (message.k !== "there") this.#replied(message);
  }

  #replied(message: Extract<Wire, { k: "event" | "answer" | "failed" }>): void {
    const sent = this.#sent.get(message.n);
    if (sent === undefined) return;
    if (message.k === "failed") sent.asked.failed();
    else if (message.i !== sent.events) sent.asked.giveUp();
    else if (message.k === "answer") sent.asked.answer(message.payload);
    else {
      sent.events += 1;
      sent.asked.event(message.payload);
    }
  }

  async #answer({ n, from, topic, payload }: Extract<Wire, { k: "ask" }>): Promise<void> {
    const key = `${from} ${n}`;
    const controller = new AbortController();
    let events = 0;
    const reply = async (text: string): Promise<void> => {
      if (controller.signal.aborted) return;
      const taken = await this.#redis.publish(this.#channel(from), text);
      // Nobody there, or Redis takes nothing: nobody will ever know the answer.
      if (!taken.ok || taken.value === 0) controller.abort();
    };
    const fail = () => reply(wire.failed(n)).finally(() => controller.abort());
    const carry = (value: unknown, form: (n: number, i: number, text: string) => string): Promise<void> => {
      const text = textOf(value);
      if (text !== undefined) return reply(form(n, events++, text));
      if (!controller.signal.aborted) this.#topics.tooLong(topic);
      return fail();
    };
    if (this.#answering.size >= MOST_OPEN || this.#answering.has(key)) return fail();
    this.#answering.set(key, { from, controller });
    this.#look();
    const answer = await this.#topics.run(topic, payload, (event) => void carry(event, wire.event), controller.signal);
    this.#answering.delete(key);
    await (answer === undefined ? fail() : carry(answer.value, wire.answer));
  }

  /** While questions are open, whether their other sides are there. */
  #look(): void {
    this.#looking ??= setInterval(() => void this.#lookOnce(), LOOK_EVERY_MS).unref();
  }

  async #lookOnce(): Promise<void> {
    const others = new Set([...this.#sent.values()].map(({ replica }) => replica));
    for (const { from } of this.#answering.values()) others.add(from);
    if (others.size === 0) {
      clearInterval(this.#looking);
      this.#looking = undefined;
      this.#missing.clear();
      return;
    }
    for (const replica of this.#missing.keys()) if (!others.has(replica)) this.#missing.delete(replica);
    await Promise.all([...others].map((replica) => this.#lookFor(replica)));
  }

  async #lookFor(replica: string): Promise<void> {
    const taken = await this.#redis.publish(this.#channel(replica), wire.there);
    if (taken.ok && taken.value > 0) {
      this.#missing.delete(replica);
      return;
    }
    const times = (this.#missing.get(replica) ?? 0) + 1;
    this.#missing.set(replica, times);
    if (times < MISSING_TIMES) return;
    for (const { asked, replica: its } of this.#sent.values()) if (its === replica) asked.failed();
    for (const { from, controller } of this.#answering.values()) if (from === replica) controller.abort();
  }
}
