import type { FastifyReply } from "fastify";
import type { Mistake } from "../../core/mistakes.ts";
import { isReasonCode, type ReasonCode, reasons } from "../../core/reasons.ts";
import type { DeskRefusal } from "../../gateway/index.ts";
import type { Problem } from "./api.ts";

/** A request that never came as far as the desk. */
export interface Fault {
  readonly status: 400 | 403 | 404 | 405 | 413 | 415 | 500;
  readonly code: ReasonCode;
  readonly detail: string;
  readonly mistakes?: Problem["mistakes"];
}

export function badRequest(detail: string, mistakes?: readonly Omit<Mistake, "file">[]): Fault {
  const fault = { status: 400, code: "gateway.invalid_request", detail } as const;
  if (mistakes === undefined) return fault;
  return {
    ...fault,
    mistakes: mistakes.map(({ path, found, wanted, remedy }) => ({ path, found, wanted, ...(remedy === undefined ? {} : { remedy }) })),
  };
}

const statuses: Readonly<Record<DeskRefusal["kind"], number>> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  invalid: 422,
  unavailable: 503,
};

/** `conditional`: the request said which state it is about (`If-Match`). */
export function statusOf({ kind, code }: DeskRefusal, conditional: boolean): number {
  return code === "rollout.changed" && conditional ? 412 : statuses[kind];
}

export function refusalProblem(refusal: DeskRefusal, status: number): Problem {
  const { code, kind, remedy, decisionId } = refusal;
  // Whoever has no good token learns as little as at the agents' door.
  const detail = kind === "unauthenticated" ? titleOf(code) : refusal.detail;
  return {
    ...problemOf(status, code, detail),
    ...(remedy === undefined ? {} : { remedy }),
    ...(decisionId === undefined ? {} : { decision_id: decisionId }),
  };
}

export function faultProblem({ status, code, detail, mistakes }: Fault): Problem {
  return { ...problemOf(status, code, detail), remedy: reasons[code].remedy, ...(mistakes === undefined ? {} : { mistakes }) };
}

function problemOf(status: number, code: string, detail: string): Problem {
  return { type: `urn:toolgate:${code}`, title: titleOf(code), status, detail, code };
}

/** The sentence of the code, without what differs from one occurrence to the next. */
function titleOf(code: string): string {
  if (!isReasonCode(code)) return "The bundle was not taken.";
  return reasons[code].sentence.replace(/: \{\w+\}\.?$/, ".");
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) reply.header("retry-after", "5");
  // Bytes: to a text Fastify would add a charset, which this media type does not have.
  return reply
    .code(problem.status)
    .header("content-type", "application/problem+json")
    .send(Buffer.from(JSON.stringify(problem)));
}
