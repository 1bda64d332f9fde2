import type { FastifyRequest } from "fastify";
import type { Members } from "./protocol.ts";
import { headerOf } from "./visit.ts";

/** W3C Trace Context, section 3.2: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace of a request: from `_meta` as the stateless era sends it, else from the header. A malformed one is none. */
export function traceOf(request: FastifyRequest, meta: Members | undefined): string | undefined {
  const given = meta?.traceparent ?? headerOf(request, "traceparent");
  return typeof given === "string" && TRACEPARENT.test(given) ? given : undefined;
}
