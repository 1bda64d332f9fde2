import type { Result } from "../../core/result.ts";
import { isMembers, type Outcome, readAnswer } from "./answer.ts";
import { type Failed, failed } from "./failure.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { Link, WireAnswer } from "./wire.ts";

/** The code for a method that a server does not have. */
export const NOT_FOUND = -32601;

/** What an answer says, its HTTP status included. A refusal in JSON-RPC's own words with our id is an answer like any other. */
export function outcomeOf(answer: WireAnswer, id: number): Result<Outcome, UpstreamFailure> {
  const { status } = answer;
  if (status === 0 || status === 200) return readAnswer(answer.text, answer.message, id);
  if (status === 401 || status === 403) {
    return failed("upstream.unauthorized", `the server refused the gateway's credential with status ${status}`, true);
  }
  if (status >= 400) {
    const outcome = readAnswer(answer.text, answer.message, id);
    if (outcome.ok && outcome.value.kind === "error") return outcome;
  }
  return ofStatus(status);
}

function ofStatus(status: number): Failed {
  if (status >= 500 || status === 429 || status === 408) {
    return failed("upstream.unavailable", `the server answered with status ${status}`, true);
  }
  const redirect = status >= 300 && status < 400;
  return failed(
    "upstream.invalid_answer",
    `the server answered with status ${status}${redirect ? "; redirects are not followed" : ""}`,
    true,
  );
}

/** Whether the answer says that the session is gone; the request was then not looked at. */
export function lostSession(answer: WireAnswer, link: Link): boolean {
  if (link.sessionId === undefined || (answer.status !== 404 && answer.status !== 400)) return false;
  const error = isMembers(answer.message) ? answer.message.error : undefined;
  // A method that is not there is no session that is gone, with whatever status that is said.
  if (answer.status === 404) return !(isMembers(error) && error.code === NOT_FOUND);
  // Servers built on early SDKs say 400 with -32000 "Bad Request: No valid session ID provided".
  return isMembers(error) && error.code === -32000 && /session/i.test(String(error.message));
}
