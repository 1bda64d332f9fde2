import type { Result } from "../../core/result.ts";
import { failed } from "./failure.ts";
import type { UpstreamFailure } from "./upstream.ts";

/** Waits for shared work, such as opening a server, no longer than one caller's deadline and signal allow. The work goes on. */
export function within<T>(
  work: Promise<Result<T, UpstreamFailure>>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Result<T, UpstreamFailure>> {
  return new Promise((resolve, reject) => {
    const finish = (result: Result<T, UpstreamFailure>) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      resolve(result);
    };
    const onAbort = () => finish(failed("upstream.cancelled", "the caller gave up", false));
    const timer = setTimeout(() => finish(failed("upstream.timeout", `the server was not open within ${timeoutMs} ms`, false)), timeoutMs);
    signal?.addEventListener("abort", onAbort);
    work.then(finish, reject);
  });
}
