import { ok, type Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { Era } from "../../core/tool.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { openLink } from "./handshake.ts";
import type { ClientInfo } from "./messages.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { Link, Wire } from "./wire.ts";

export type CredentialHeaders = Readonly<Record<string, string>>;

export interface OpenerOptions {
  readonly server: ServerDefinition;
  readonly wire: Wire;
  readonly client: ClientInfo;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly handshakeTimeoutMs: number;
  readonly credential: () => Promise<Result<CredentialHeaders, UpstreamFailure>>;
  readonly nextId: () => number;
  readonly forgive: () => void;
  /** A link stands. */
  readonly onOpened: (link: Link) => void;
}

/** How long the answer to the question for the era is kept. A server may be replaced by one of the other era. */
const ERA_KEPT_MS = 3_600_000;

/** Keeps a server open: one link at a time, opened by whoever needs it first, shared by everybody. */
export class Opener {
  readonly #options: OpenerOptions;
  #link: Link | undefined;
  #opening: Promise<Result<Link, UpstreamFailure>> | undefined;
  #era: { readonly era: Era; readonly at: number } | undefined;
  #credential: CredentialHeaders = {};

  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** The credential that the link was opened with. */
  get credential(): CredentialHeaders {
    return this.#credential;
  }

  open(): Promise<Result<Link, UpstreamFailure>> {
    if (this.#link !== undefined) return Promise.resolve(ok(this.#link));
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Forgets a link that no longer holds; another one that was opened meanwhile stays. */
  drop(link: Link | undefined): void {
    if (this.#link === link) this.#link = undefined;
  }

  /** The server turned out to speak another era than it said. */
  forgetEra(): void {
    this.#era = undefined;
  }

  async #open(): Promise<Result<Link, UpstreamFailure>> {
    const { server, wire, client, clock, logger, handshakeTimeoutMs, nextId, forgive, onOpened } = this.#options;
    const credential = await this.#options.credential();
    if (!credential.ok) return credential;
    this.#credential = credential.value;
    const now = () => clock.now();
    const opening = { server, wire, client, credential: credential.value, timeoutMs: handshakeTimeoutMs, nextId, now, forgive };
    const known = this.#knownEra(clock.now());
    let link = await openLink({ ...opening, era: known ?? server.transport.era });
    if (!link.ok && known !== undefined && link.error.code === "upstream.invalid_answer") {
      this.#era = undefined;
      link = await openLink({ ...opening, era: server.transport.era });
    }
    if (!link.ok) return link;
    this.#link = link.value;
    const { era, protocolVersion } = link.value;
    // The hour counts from the question, not from each use of its answer.
    if (this.#era?.era !== era || known === undefined) this.#era = { era, at: clock.now() };
    const asked = new Date(this.#era.at).toISOString();
    logger.info({ server: server.id, era, era_asked_at: asked, protocol: protocolVersion }, "a server was opened");
    onOpened(link.value);
    return link;
  }

  #knownEra(now: number): Era | undefined {
    return this.#era !== undefined && now - this.#era.at < ERA_KEPT_MS ? this.#era.era : undefined;
  }
}
