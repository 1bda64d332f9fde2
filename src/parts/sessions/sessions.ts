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
  /** Unix milliseconds. */
  readonly openedAt: number;
}

export interface Sessions {
  /** `undefined` when the owner has as many sessions as it may have. */
  open(session: Omit<Session, "id" | "openedAt">, now: number): Promise<Session | undefined>;
  /** The session, if it is alive and belongs to this owner and door. A foreign one looks like none. Counts as use. */
  find(id: string, owner: string, door: string, now: number): Promise<Session | undefined>;
  end(id: string, owner: string, now: number): Promise<boolean>;
  close(): Promise<void>;
}
