import type { ClientCapabilities, LogLevel } from "../../core/client.ts";
import type { SessionId } from "../../core/ids.ts";

/** A session of the 2025 era, bound to the principal that opened it. */
export interface Session {
  readonly id: SessionId;
  /** Tenant, issuer, subject and agent of the principal, joined unambiguously. */
  readonly owner: string;
  /** `aggregate`, or the id of one server. */
  readonly door: string;
  readonly protocolVersion: string;
  readonly client: { readonly name: string; readonly version: string };
  readonly capabilities: ClientCapabilities;
  /** Unix milliseconds. */
  readonly openedAt: number;
  /** What the client wants to hear of the log messages of its requests; everything if it never said. */
  readonly logLevel?: LogLevel;
  /** Resources whose changes it wants to hear of, by normalised URI. */
  readonly subscriptions: readonly string[];
}

/** What a client may change about its session. */
export type SessionChange =
  | { readonly set: "log_level"; readonly level: LogLevel }
  | { readonly set: "subscribe"; readonly uri: string }
  | { readonly set: "unsubscribe"; readonly uri: string };

/** Where every replica hears at once of a session that was ended, with its `id`. One whose time is over is not told. */
export const SESSION_ENDED = "session/ended";

/** How the replicas tell each other what became of sessions. */
export interface SessionNews {
  tell(topic: string, payload: unknown): void;
  onTold(topic: string, listener: (payload: unknown) => void): () => void;
}

export interface Sessions {
  /** `undefined` when the owner has as many sessions as it may have. */
  open(session: Omit<Session, "id" | "openedAt" | "subscriptions" | "logLevel">, now: number): Promise<Session | undefined>;
  /** The session, if it is alive and belongs to this owner and door. A foreign one looks like none. Counts as use. */
  find(id: string, owner: string, door: string, now: number): Promise<Session | undefined>;
  /** The session as it is after the change; `undefined` if there is none, `"full"` if it has as many subscriptions as it may have. */
  change(id: string, owner: string, change: SessionChange, now: number): Promise<Session | "full" | undefined>;
  /** Ends one, and tells so (`SESSION_ENDED`). */
  end(id: string, owner: string, now: number): Promise<boolean>;
  /** Ends every session of this owner, and tells so of each; how many there were. */
  endAll(owner: string, now: number): Promise<number>;
  /** Open sessions of a tenant at this time; for metrics. Throws where the store cannot be asked. */
  count(tenant: string, now: number): Promise<number>;
  close(): Promise<void>;
}

/** The store of sessions cannot be reached: the adapter throws this, and the door answers 503. */
export class SessionsUnavailable extends Error {
  override readonly name = "SessionsUnavailable";
}
