import { type LogLevel, logLevels } from "../../../core/client.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { Exchange, GatewayRequest } from "../../../gateway/index.ts";
import { type Fault, isMembers, isRequestId, type Members, type Message, meta, type RequestId } from "../protocol.ts";
import { isLevel, wrong } from "./params.ts";

type RequestClaims = NonNullable<Exchange["request"]>;

/** What a request says about itself, beside what it asks for. */
export interface RequestMeta {
  readonly progressToken: RequestId | undefined;
  readonly claims: RequestClaims | undefined;
  /** Stateless: log messages are sent only to who asks for them. */
  readonly logLevel: LogLevel | undefined;
}

const NOTHING: RequestMeta = { progressToken: undefined, claims: undefined, logLevel: undefined };

export function readMeta(message: Message): Result<RequestMeta, Fault> {
  const given = message.params?._meta;
  if (given === undefined) return ok(NOTHING);
  if (!isMembers(given)) return wrong(message, `"_meta" must be an object`);
  const { progressToken } = given;
  if (progressToken !== undefined && !isRequestId(progressToken)) {
    return wrong(message, `"progressToken" must be a string of at most 256 signs or a whole number`);
  }
  const claims = readClaims(given[meta.request]);
  if (claims === null) return wrong(message, `"${meta.request}" holds something else than ${CLAIMS}`);
  const logLevel = given[meta.logLevel];
  if (logLevel !== undefined && !isLevel(logLevel)) return wrong(message, `"${meta.logLevel}" must be one of ${logLevels.join(", ")}`);
  return ok({ progressToken, claims, logLevel });
}

const CLAIMS = "intent, task (texts up to 1000 signs), confidence (0 to 1) and dryRun (true or false)";
const CLAIM_LENGTH = 1_000;

/**
 * What an agent claims about its request. A claim that cannot be understood is a fault: `"dryRun": "true"` taken for
 * nothing would carry the call out. `undefined` when nothing is claimed, `null` for a fault.
 */
function readClaims(value: unknown): RequestClaims | undefined | null {
  if (value === undefined) return undefined;
  if (!isMembers(value)) return null;
  for (const [key, claim] of Object.entries(value)) {
    const fits =
      key === "intent" || key === "task"
        ? typeof claim === "string" && claim.length <= CLAIM_LENGTH
        : key === "confidence"
          ? typeof claim === "number" && claim >= 0 && claim <= 1
          : key === "dryRun" && typeof claim === "boolean";
    if (!fits) return null;
  }
  return value;
}

/** Above any state that we seal: it holds the state of a server behind, and little besides. */
const MAX_STATE_LENGTH = 1024 * 1024;
const NOT_RESUMED: Resumed = {};
type Resumed = { readonly resumed?: NonNullable<GatewayRequest["resumed"]> };

/** What a stateless client brings back with its request, for the methods whose answer can be a question. */
export function readResumed(message: Message): Result<Resumed, Fault> {
  const { inputResponses, requestState } = (message.params ?? {}) as Members;
  if (inputResponses === undefined && requestState === undefined) return ok(NOT_RESUMED);
  if (inputResponses !== undefined && !isMembers(inputResponses)) return wrong(message, `"inputResponses" must be an object`);
  if (requestState !== undefined && (typeof requestState !== "string" || requestState.length > MAX_STATE_LENGTH)) {
    return wrong(message, `"requestState" must be the text that came with the questions`);
  }
  return ok({
    resumed: { ...(inputResponses === undefined ? {} : { inputResponses }), ...(requestState === undefined ? {} : { requestState }) },
  });
}
