import type { IdSource } from "../core/ids.ts";
import type { Ledger } from "../parts/budgets/index.ts";
import type { Credentials } from "../parts/credentials/index.ts";
import type { DecisionLog, Durability } from "../parts/decisions/index.ts";
import type { Identity } from "../parts/identity/index.ts";
import type { Operations } from "../parts/operations/index.ts";
import type { Replicas } from "../parts/replicas/index.ts";
import type { Upstream } from "../parts/upstream/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Sealer } from "../platform/sealer.ts";
import type { Comparing } from "./comparing/index.ts";
import type { Elicitations } from "./elicitations.ts";
import type { Generations } from "./generations.ts";
import type { Masker } from "./mask.ts";
import type { Meter } from "./meter.ts";
import type { Parking } from "./parking/index.ts";
import type { Quarantine } from "./quarantine/index.ts";

/** Everything the use cases work with that is made outside; once, in `app/build.ts`. */
export interface BuiltParts {
  /** What operators decided at run time. */
  readonly operations: Operations;
  /** Milliseconds for which a state of operations that nobody confirmed is believed. */
  readonly mostStaleMs: number;
  readonly generations: Generations;
  readonly identity: Identity;
  readonly upstream: Upstream;
  readonly credentials: Credentials;
  readonly ledger: Ledger;
  /** Whether budgets can be reserved now. */
  readonly budgetsReady: () => boolean;
  readonly log: DecisionLog;
  /** How long a record is waited for, by what the tool does. Effects that nobody stated count as more than reading. */
  readonly durability: { readonly read: Durability; readonly other: Durability };
  readonly masker: Masker;
  /** Seals what clients must bring back unread: states of questions, ids of tasks. */
  readonly sealer: Sealer;
  readonly replicas: Replicas;
  /** Limits on what waits for the answers of clients. */
  readonly questions: {
    /** Calls that one principal may leave waiting at once. */
    readonly parkedPerOwner: number;
    /** Milliseconds that a question waits for its answer. */
    readonly parkedMs: number;
    /** Times that one request may come back with questions. */
    readonly maxRounds: number;
  };
  readonly meter: Meter;
  /** Asks a second bundle about what was judged, while a rollout is under way. */
  readonly comparing: Pick<Comparing, "note">;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
}

/** With what the gateway keeps itself. */
export interface Parts extends BuiltParts {
  /** Calls of servers that wait for answers of clients without a request open. */
  readonly parking: Parking;
  readonly elicitations: Elicitations;
  readonly quarantine: Quarantine;
}
