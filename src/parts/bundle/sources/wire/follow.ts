import { err, ok, type Result } from "../../../../core/result.ts";
import type { FetchFailure } from "../polling-source.ts";
import { brokenOff } from "./failure.ts";
import { isSafeUrl, isThisMachine, shownUrl } from "./safe-url.ts";
import { type Answer, headerOf, type Outgoing, type Transport } from "./transport.ts";

const MOST_REDIRECTS = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface Asked extends Omit<Outgoing, "method" | "body"> {
  readonly method: "GET" | "HEAD";
  /** What gives access; for the first origin only. */
  readonly secret: Readonly<Record<string, string>>;
}

export interface Followed {
  readonly answer: Answer;
  /** Who answered. */
  readonly url: URL;
}

/** Asks, and goes where the answer leads: a few times, never in a circle, never from https to http, and elsewhere without what gives access. */
export async function follow(transport: Transport, asked: Asked, signal: AbortSignal): Promise<Result<Followed, FetchFailure>> {
  const seen = new Set<string>();
  let { url } = asked;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    seen.add(url.href);
    let answer: Answer;
    try {
      const headers = url.origin === asked.url.origin ? { ...asked.headers, ...asked.secret } : asked.headers;
      answer = await transport.send({ method: asked.method, url, headers }, signal);
    } catch (error) {
      return brokenOff(error, url, false);
    }
    if (!redirects.has(answer.status)) return ok({ answer, url });
    answer.body.destroy();
    const next = nextOf(answer, url);
    if (!next.ok) return next;
    if (seen.has(next.value.href)) return redirected(`"${shownUrl(asked.url)}" redirects in a circle, over "${shownUrl(next.value)}"`);
    url = next.value;
  }
  return redirected(`"${shownUrl(asked.url)}" redirects more than ${MOST_REDIRECTS} times`);
}

function nextOf(answer: Answer, from: URL): Result<URL, FetchFailure> {
  const location = headerOf(answer, "location");
  const to = location === undefined ? null : URL.parse(location, from.href);
  if (to === null) return redirected(`"${shownUrl(from)}" answered ${answer.status} and does not say where to go`);
  to.hash = "";
  if (to.username !== "" || to.password !== "") return redirected(`"${shownUrl(from)}" redirects to an address with credentials`);
  if (from.protocol === "https:" && to.protocol !== "https:") {
    return redirected(`"${shownUrl(from)}" redirects from https to "${shownUrl(to)}"`);
  }
  // A server elsewhere must not make this gateway speak to what listens beside it.
  if (isThisMachine(to.hostname) && !isThisMachine(from.hostname)) {
    return redirected(`"${shownUrl(from)}" redirects to "${shownUrl(to)}", on this machine`);
  }
  if (!isSafeUrl(to)) return redirected(`"${shownUrl(from)}" redirects to "${shownUrl(to)}", wanted https`);
  return ok(to);
}

function redirected(detail: string): Result<never, FetchFailure> {
  return err({ code: "source.redirected", detail, contacted: true });
}
