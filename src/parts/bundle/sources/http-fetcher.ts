import { err, ok, type Result } from "../../../core/result.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Fetched, Fetcher, FetchFailure } from "./polling-source.ts";
import { failedAnswer, follow, headerOf, readBody, shownUrl, type TlsFiles, Transport, whatItIs } from "./wire/index.ts";

/** The value of a secret, or why there is none. Asked for every try, so that one that was replaced counts at once. */
export type ReadSecret = () => Result<string, string> | Promise<Result<string, string>>;

export interface HttpFetcherOptions {
  readonly url: URL;
  readonly bearer?: ReadSecret | undefined;
  readonly tls: TlsFiles;
  /** Seconds that the server may hold an answer back; undefined if it should not. */
  readonly longPollS?: number | undefined;
  /** Of one try, its download included; what the server holds back comes on top. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** By this a server says that it holds answers back. */
const HOLDING = "application/vnd.openpolicyagent.bundles";

/** Bundles of a server that speaks OPA's bundle API (https://www.openpolicyagent.org/docs/management-bundles). */
export function httpFetcher(options: HttpFetcherOptions): Fetcher {
  const { url, tls, timeoutMs } = options;
  const transport = new Transport(url.origin, tls, timeoutMs);
  const memory: Memory = { etag: undefined, holds: options.longPollS !== undefined };
  return {
    kind: "http",
    where: shownUrl(url),
    fetch: (signal, patient) => fetchBundle(transport, options, memory, signal, patient),
    forget: () => {
      memory.etag = undefined;
    },
    close: () => transport.close(),
  };
}

/** A longer mark is not given back: with it a request could be larger than any server takes, and so fail for ever. */
const LONGEST_MARK = 1024;

function markOf(etag: string | undefined): string | undefined {
  return etag !== undefined && etag.length <= LONGEST_MARK ? etag : undefined;
}

interface Memory {
  /** Of the content that was read last; only whole content has one. */
  etag: string | undefined;
  holds: boolean;
}

async function fetchBundle(
  transport: Transport,
  options: HttpFetcherOptions,
  memory: Memory,
  signal: AbortSignal,
  patient: boolean,
): Promise<Result<Fetched, FetchFailure>> {
  const { url, longPollS = 0, timeoutMs, maxBytes, clock } = options;
  const bearer = await options.bearer?.();
  if (bearer?.ok === false)
    return err({ code: "source.no_credential", detail: `the bearer is missing: ${bearer.error}`, contacted: false });
  // Without the mark of what is here already there is nothing to wait for.
  const waitS = patient && memory.holds && memory.etag !== undefined ? longPollS : 0;
  const headers = {
    prefer: waitS > 0 ? `modes=snapshot;wait=${waitS}` : "modes=snapshot",
    ...(memory.etag === undefined ? {} : { "if-none-match": memory.etag }),
  };
  const secret: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer.value}` };
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs + waitS * 1000)]);
  const followed = await follow(transport, { method: "GET", url, headers, secret }, deadline);
  if (!followed.ok) return followed;
  const { answer } = followed.value;
  if (answer.status === 304) {
    answer.body.destroy();
    return memory.etag === undefined ? unasked(url) : ok({ holds: waitS > 0 });
  }
  if (answer.status !== 200) {
    answer.body.destroy();
    return failedAnswer(answer, followed.value.url, clock.now());
  }
  const body = await readBody(followed.value, maxBytes);
  if (!body.ok) return body;
  const type = headerOf(answer, "content-type");
  const other = whatItIs(body.value, type);
  if (other !== undefined) {
    const detail = `found ${other} at "${shownUrl(followed.value.url)}", wanted a bundle (tar.gz)`;
    return err({ code: "source.no_bundle", detail, contacted: true });
  }
  memory.etag = markOf(headerOf(answer, "etag"));
  memory.holds = options.longPollS !== undefined && type === HOLDING;
  return ok({ bytes: body.value, holds: memory.holds && memory.etag !== undefined });
}

function unasked(url: URL): Result<never, FetchFailure> {
  const detail = `"${shownUrl(url)}" answered 304 to a request without a condition: nothing was read from there yet`;
  return err({ code: "source.failed", detail, contacted: true });
}
