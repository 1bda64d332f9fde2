import type { Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { UpstreamConfig } from "./config.ts";
import type { ClientInfo } from "./messages.ts";
import type { CredentialHeaders } from "./opener.ts";
import type { ListKind, UpstreamFailure } from "./upstream.ts";
import type { Schedule, Wire, WireEvents } from "./wire.ts";

/** What a connection to one server is made from. */
export interface ConnectionOptions {
  readonly server: ServerDefinition;
  readonly config: UpstreamConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly client: ClientInfo;
  readonly schedule: Schedule;
  readonly credential: () => Promise<Result<CredentialHeaders, UpstreamFailure>>;
  /** Makes the wire, which tells what happens on it. */
  readonly wire: (
    events: Omit<WireEvents, "onServerRequest">,
    onRestart: () => void,
  ) => { readonly wire: Wire; readonly forgive: () => void };
  readonly onListingChanged: (kinds: ReadonlySet<ListKind>) => void;
  /** Nothing is under way any more, after `closeWhenIdle`. */
  readonly onClosed: () => void;
}
