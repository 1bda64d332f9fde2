import type { Question } from "../core/question.ts";
import type { ServerConnection } from "../parts/upstream/index.ts";
import type { IntendedCall } from "./call.ts";
import { withheldFor } from "./quarantine/index.ts";

/** Of one principal at once, and of all; of more, the oldest are no longer told of. */
const PER_OWNER = 64;
const MOST = 4_096;

/** An address that the client of a session was sent to. */
export interface Shown {
  readonly session: string;
  /** The principal's key. */
  readonly owner: string;
  /** The id that its server gave it. */
  readonly elicitationId: string;
  readonly connection: Pick<ServerConnection, "followElicitation"> & { readonly server: { readonly id: string } };
  readonly tell: (elicitationId: string) => void;
}

/** Addresses that clients of sessions were sent to: what their servers say of them later belongs to these clients alone. */
export interface Elicitations {
  /** Tells this client, once, if its server says that it is done, for as long as a question lives. Gives back how to forget it. */
  follow(shown: Shown): () => void;
}

/** To be called with each question that is shown to the client of this call; of those without an address nothing is told later. */
export function followElicitation(call: IntendedCall, { method, params }: Question): () => void {
  const { exchange, request, parts, target } = call;
  const { elicitationId } = params;
  const { session, caller } = exchange;
  const onDone = request.onElicitationDone;
  if (!session || !onDone || method !== "elicitation/create" || params.mode !== "url" || typeof elicitationId !== "string") return nothing;
  const connection = parts.upstream.connect(target.server);
  // Long after the call, perhaps: whoever is quarantined by then hears nothing.
  const tell = (id: string) => void (withheldFor(call) ?? onDone(id));
  return parts.elicitations.follow({ session: session.id, owner: caller.key, elicitationId, connection, tell });
}

const nothing = () => {};

interface Followed {
  readonly owner: string;
  readonly forget: () => void;
}

export function createElicitations(lifetimeMs: number): Elicitations {
  /** By session, server and id, oldest first: asked once more is the same elicitation. */
  const followed = new Map<string, Followed>();
  const counts = new Map<string, number>();

  function makeRoom(owner: string): void {
    const full = (counts.get(owner) ?? 0) >= PER_OWNER;
    if (!full && followed.size < MOST) return;
    for (const one of followed.values()) {
      if (full && one.owner !== owner) continue;
      one.forget();
      return;
    }
  }

  return {
    follow({ session, owner, elicitationId, connection, tell }) {
      const key = JSON.stringify([session, connection.server.id, elicitationId]);
      followed.get(key)?.forget();
      makeRoom(owner);
      const forget = () => {
        if (followed.get(key) !== entry) return;
        followed.delete(key);
        const left = (counts.get(owner) ?? 1) - 1;
        if (left > 0) counts.set(owner, left);
        else counts.delete(owner);
        clearTimeout(late);
        stop();
      };
      const entry: Followed = { owner, forget };
      const late = setTimeout(forget, lifetimeMs).unref();
      const stop = connection.followElicitation(elicitationId, () => {
        forget();
        tell(elicitationId);
      });
      followed.set(key, entry);
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
      return forget;
    },
  };
}
