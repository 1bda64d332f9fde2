import type { LogLevel } from "../core/client.ts";
import type { LogMessage, Progress } from "../parts/upstream/index.ts";
import type { IntendedCall } from "./call.ts";
import { withheldFor } from "./quarantine/index.ts";
import { inspects } from "./release.ts";

/** What a server says ahead of its answer, as far as it may be passed on: members of an `UpstreamCall`. */
export interface Ahead {
  readonly onProgress?: (progress: Progress) => void;
  readonly onLog?: (message: LogMessage) => void;
  readonly logLevel?: LogLevel;
}

const silent: Ahead = {};

/**
 * Where results are inspected, words that a server sends ahead of them are not let through uninspected: progress is told
 * without its message, and no log message is asked for. Elsewhere known secrets are taken out of both.
 */
export function aheadOf(call: IntendedCall): Ahead {
  const { logLevel } = call.request;
  const onProgress = whileFree(call, call.request.onProgress);
  const onLog = call.request.onLog && mayLog(call) ? whileFree(call, call.request.onLog) : undefined;
  if (!onProgress && !onLog) return silent;
  if (inspects(call)) return onProgress ? { onProgress: (progress) => onProgress(withoutMessage(progress)) } : silent;
  const { scrub } = call.parts.credentials;
  return {
    ...(onProgress ? { onProgress: (progress) => onProgress(scrubbedProgress(progress, scrub)) } : {}),
    ...(onLog ? { onLog: (message) => onLog(scrubbedLog(message, scrub)) } : {}),
    ...(onLog && logLevel ? { logLevel } : {}),
  };
}

/** Whoever is quarantined meanwhile hears no more of it. */
function whileFree<Word>(call: IntendedCall, hear: ((word: Word) => void) | undefined): ((word: Word) => void) | undefined {
  return hear && ((word) => void (withheldFor(call) ?? hear(word)));
}

/** Nearly every session hears log messages and few servers write any: those that declared none are not listened to. */
function mayLog({ parts, target }: IntendedCall): boolean {
  return parts.upstream.connect(target.server).current()?.offers.logging !== false;
}

type Scrub = (text: string) => string;

function withoutMessage({ progress, total }: Progress): Progress {
  return total === undefined ? { progress } : { progress, total };
}

function scrubbedProgress(progress: Progress, scrub: Scrub): Progress {
  if (progress.message === undefined) return progress;
  const message = scrub(progress.message);
  return message === progress.message ? progress : { ...progress, message };
}

function scrubbedLog(message: LogMessage, scrub: Scrub): LogMessage {
  const text = JSON.stringify(message);
  const scrubbed = scrub(text);
  return scrubbed === text ? message : (JSON.parse(scrubbed) as LogMessage);
}
