import type { z } from "zod";
import { err, ok, type Result } from "../../core/result.ts";
import {
  type AdminApi,
  type AdminRoute,
  type AdminRouteName,
  adminApi,
  bundleTypes,
  type Problem,
  problemSchema,
} from "../../http/index.ts";

/** Why there is no answer that a command could use. */
export type AdminFailure =
  /** Nobody answered, or not to the end. */
  | { readonly kind: "unreachable"; readonly url: string; readonly detail: string }
  /** The gateway refused, and says why. */
  | { readonly kind: "refused"; readonly route: AdminRoute; readonly problem: Problem }
  /** Something answered that is no admin API of this version. */
  | { readonly kind: "foreign"; readonly url: string; readonly detail: string };

type AnswerOf<Name extends AdminRouteName> = AdminApi[Name]["answer"] extends z.ZodType ? z.output<AdminApi[Name]["answer"]> : unknown;

export interface Asked {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON, or the bytes of a bundle. */
  readonly body?: object | Uint8Array;
  /** The `ETag` of what was looked at: the act fails if it has changed since. */
  readonly ifMatch?: string;
}

export interface Answered<Name extends AdminRouteName> {
  readonly value: AnswerOf<Name>;
  /** The answer's JSON text, as it came. */
  readonly text: string;
  /** The answer as it came: of a bundle nothing else is of use. */
  readonly bytes: Uint8Array;
  readonly etag: string | undefined;
}

/** The admin API of one gateway, as its routes describe it. */
export interface AdminClient {
  readonly url: string;
  ask<Name extends AdminRouteName>(name: Name, asked?: Asked): Promise<Result<Answered<Name>, AdminFailure>>;
}

/** An act may wait until every replica could follow; nothing takes longer. */
const ANSWER_MS = 60_000;

/** `url` without a path; `token` as it stands behind `Bearer`. Redirects are not followed: the token is for this place alone. */
export function adminClient(url: string, token: string): AdminClient {
  return {
    url,
    async ask(name, asked = {}) {
      const route: AdminRoute = adminApi[name];
      const at = placeOf(url, route, asked);
      let response: Response;
      let bytes: Uint8Array;
      try {
        response = await fetch(at, {
          method: route.method,
          redirect: "manual",
          signal: AbortSignal.timeout(ANSWER_MS),
          ...sent(token, asked),
        });
        bytes = new Uint8Array(await response.arrayBuffer());
      } catch (error) {
        return err({ kind: "unreachable", url, detail: causeOf(error) });
      }
      const text = Buffer.from(bytes).toString("utf8");
      if (response.status !== route.status) return err(refusalIn(at, route, response, text));
      const value = route.answer instanceof Object && "safeParse" in route.answer ? route.answer.safeParse(parsed(text)) : undefined;
      if (value?.success === false)
        return err({ kind: "foreign", url: at, detail: "its answer is not of the form that this version reads" });
      return ok({ value: value?.data as AnswerOf<typeof name>, text, bytes, etag: response.headers.get("etag") ?? undefined });
    },
  };
}

function placeOf(url: string, route: AdminRoute, { params = {}, query = {} }: Asked): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const search = new URLSearchParams(query).toString();
  return `${url.replace(/\/+$/, "")}${path}${search === "" ? "" : `?${search}`}`;
}

function sent(token: string, { body, ifMatch }: Asked): Pick<RequestInit, "headers" | "body"> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "application/json, application/problem+json",
    ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
  };
  if (body === undefined) return { headers };
  if (body instanceof Uint8Array) return { headers: { ...headers, "content-type": bundleTypes[0] }, body: Uint8Array.from(body) };
  return { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
}

function refusalIn(url: string, route: AdminRoute, response: Response, text: string): AdminFailure {
  const problem = problemSchema.safeParse(parsed(text));
  if (problem.success) return { kind: "refused", route, problem: problem.data };
  const type = response.headers.get("content-type");
  return { kind: "foreign", url, detail: `it answered ${response.status}${type === null ? "" : ` with ${type}`}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the host's name cannot be looked up at the moment",
  ECONNRESET: "the connection was cut off",
  UND_ERR_SOCKET: "the connection was cut off",
  UND_ERR_CONNECT_TIMEOUT: "the host does not answer",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted here; NODE_EXTRA_CA_CERTS names a file of more authorities",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted here; NODE_EXTRA_CA_CERTS names a file of more authorities",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted here; NODE_EXTRA_CA_CERTS names a file of more authorities",
};

/** What the network said, in words; never more than the error's own. */
function causeOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${ANSWER_MS / 1_000} s`;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
  return causes[code] ?? (cause instanceof Error && cause.message !== "" ? cause.message : code || String(error));
}
