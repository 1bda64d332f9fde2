import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "../core/result.ts";
import {
  type BundleSource,
  fileSource,
  httpFetcher,
  ociFetcher,
  parseReference,
  pollingSource,
  type ReadSecret,
  type SourceEvents,
  type SourceStatus,
} from "../parts/bundle/index.ts";
import { secretOf } from "../parts/credentials/index.ts";
import type { Built, NotBuilt, Surroundings } from "./build.ts";
import type { Config } from "./config.ts";
import { within } from "./within.ts";

/** How bundles get into a gateway. */
export interface WayIn {
  /** Every bundle that the source brings passes here. */
  offer(bytes: Uint8Array): Promise<Offered>;
  /** Whether there is a bundle that decides: at a start, the one that was promoted last. */
  decides(): boolean;
  /** After a change of the keyring. */
  recheck(): Promise<void>;
}

type Offered = Result<unknown, { readonly code: string; readonly detail: string }>;

export function wayInto({ rollouts, parts: { generations } }: Built, { bundle: { tenant } }: Config): WayIn {
  const none = err({ code: "bundle.none", detail: "no bundle is promoted that can be taken here" });
  const decides = () => generations.active(tenant) !== undefined;
  return {
    async offer(bytes) {
      const offered = await rollouts.offer(bytes);
      return offered.ok && !decides() ? none : offered;
    },
    decides,
    recheck: () => rollouts.recheck(),
  };
}

/** A file that changes is read after it was left alone for this long. */
const SETTLE_MS = 50;

/** Brings the bundles of the configured source to a gateway, the first one and all that follow. */
export class BundleIntake {
  readonly #config: Config;
  readonly #surroundings: Surroundings;
  #source: BundleSource | undefined;
  #keyring: BundleSource | undefined;
  /** What is offered again when the keyring changes. */
  #latest: Uint8Array | undefined;

  constructor(config: Config, surroundings: Surroundings) {
    this.#config = config;
    this.#surroundings = surroundings;
  }

  /** Absent before `open`. */
  status(): SourceStatus | undefined {
    return this.#source?.status();
  }

  /** The first bundle: of the source, or else the one that was promoted last. Without any it says why, and is closed by the caller. */
  async open(way: WayIn): Promise<Result<void, NotBuilt>> {
    const { bundle } = this.#config;
    const keyring = await readFile(bundle.keyring).catch(() => undefined);
    const opened = await this.#first(way);
    if (opened.ok) this.#keyring = this.#watchKeyring(way, keyring);
    return opened;
  }

  async close(): Promise<void> {
    await this.#source?.close();
    await this.#keyring?.close();
  }

  async #first(way: WayIn): Promise<Result<void, NotBuilt>> {
    const { bundle } = this.#config;
    const waitMs = (bundle.http ?? bundle.oci)?.start_wait_ms;
    const spare = way.decides();
    const came = Promise.withResolvers<void>();
    let offered: Promise<Offered> | undefined;
    const source = openSource(this.#config, this.#surroundings, async (bytes) => {
      this.#latest = bytes;
      const outcome = way.offer(bytes);
      offered ??= outcome;
      came.resolve();
      await outcome;
    });
    this.#source = source;
    const tried = source.check();
    // Who has a bundle to go on with asks once; who has none waits until there is one.
    if (waitMs === undefined) await tried;
    else await within(!spare ? came.promise : Promise.race([tried, came.promise]), waitMs);
    const outcome = await offered;
    // Without the shared state nothing can be promoted: it listens, is not ready, and tries again.
    if (outcome?.ok || outcome?.error.code === "gateway.operations_unavailable") return ok(undefined);
    const { where, problem } = source.status();
    const why = outcome
      ? `the bundle "${where}" was refused: ${outcome.error.code}: ${outcome.error.detail}`
      : `the bundle "${where}" cannot be read: ${problem?.detail ?? `nothing came within ${waitMs} ms`}`;
    if (!way.decides()) return err({ detail: why });
    this.#surroundings.logger.warn({ detail: why }, "going on with the bundle that was promoted last");
    return ok(undefined);
  }

  /** What was refused for a key is tried again when it is known whose signature counts. */
  #watchKeyring(way: WayIn, seen: Uint8Array | undefined): BundleSource {
    const { bundle } = this.#config;
    const { clock, logger } = this.#surroundings;
    return fileSource(bundle.keyring, {
      ...{ maxBytes: bundle.max_bytes, pollMs: bundle.poll_ms, settleMs: SETTLE_MS, clock, seen },
      onCandidate: async () => {
        await way.recheck();
        if (this.#latest) await way.offer(this.#latest);
      },
      onProblem: ({ code, detail }) => logger.error({ code, detail }, "the keyring cannot be read"),
      onRecovered: () => logger.info({}, "the keyring can be read again"),
    });
  }
}

function openSource(config: Config, { clock, environment, logger }: Surroundings, onCandidate: SourceEvents["onCandidate"]): BundleSource {
  const { file, http, oci, max_bytes: maxBytes, poll_ms: pollMs } = config.bundle;
  const words = file === undefined ? ["the bundle source fails", "the bundle source does well again"] : fileWords;
  const events: SourceEvents = {
    onCandidate,
    onProblem: ({ code, detail }) => logger.error({ code, detail }, words[0] ?? ""),
    onRecovered: () => logger.info({}, words[1] ?? ""),
  };
  if (file !== undefined) return fileSource(file, { ...events, clock, maxBytes, pollMs, settleMs: SETTLE_MS });
  const secret = (name: string): ReadSecret => {
    const source = config.secrets[name];
    return source === undefined ? () => err(`there is no secret "${name}"`) : secretOf(source, environment, clock).read;
  };
  if (http !== undefined) {
    const { cert, key } = http.client_certificate ?? {};
    const fetcher = httpFetcher({
      url: new URL(http.url),
      bearer: http.bearer === undefined ? undefined : secret(http.bearer),
      tls: { ca: http.ca, cert, key },
      longPollS: http.long_poll_s,
      timeoutMs: http.timeout_ms,
      ...{ maxBytes, clock },
    });
    return pollingSource(fetcher, { ...events, clock, delays: { minMs: http.min_delay_ms, maxMs: http.max_delay_ms } });
  }
  const reference = oci && parseReference(oci.reference);
  if (!oci || !reference?.ok) throw new Error("a configuration without a bundle source passed its checks");
  const fetcher = ociFetcher({
    reference: reference.value,
    plainHttp: oci.plain_http,
    account: oci.credentials && { username: oci.credentials.username, password: secret(oci.credentials.password) },
    tls: { ca: oci.ca },
    timeoutMs: oci.timeout_ms,
    ...{ maxBytes, clock },
  });
  return pollingSource(fetcher, { ...events, clock, delays: { minMs: oci.min_delay_ms, maxMs: oci.max_delay_ms } });
}

const fileWords = ["the bundle file cannot be read", "the bundle file can be read again"];
