import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { decodeUtf8, parseJson, requestLimits } from "../../core/json/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf, type SchemaMistake } from "../../core/schema-mistakes.ts";
import type { AdminRoute } from "./api.ts";
import { bundleTypes } from "./api.ts";
import { badRequest, type Fault } from "./problem.ts";

type Read<Schema> = Schema extends z.ZodType ? z.output<Schema> : Schema extends "bundle" ? Uint8Array : undefined;

/** What a request says, read by the schemas of its route. */
export interface Inputs<Route extends AdminRoute> {
  readonly params: Read<Route["params"]>;
  readonly query: Read<Route["query"]>;
  readonly body: Read<Route["body"]>;
  /** Version of the state that the request is about. */
  readonly ifVersion: number | undefined;
}

/** Every mistake at once: of path, query, `If-Match` and body. */
export function readInputs<Route extends AdminRoute>(route: Route, request: FastifyRequest): Result<Inputs<Route>, Fault> {
  const wrongType = contentTypeFault(route, request);
  if (wrongType !== undefined) return err(wrongType);
  const mistakes: SchemaMistake[] = [];
  const read = (schema: z.ZodType | undefined, value: unknown): unknown => {
    if (schema === undefined) return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    mistakes.push(...mistakesOf(schema, value, parsed.error.issues));
    return undefined;
  };
  const params = read(route.params, { ...(request.params as object) });
  const query = read(route.query, { ...(request.query as object) });
  const ifVersion = route.ifMatch === true ? readIfMatch(request.raw.headers["if-match"]) : ok(undefined);
  if (!ifVersion.ok) return ifVersion;
  const json = readJson(route, request.body);
  if (!json.ok) return json;
  const body = route.body === "bundle" ? json.value : read(route.body, json.value);
  if (mistakes.length > 0) return err(badRequest(`the request has ${count(mistakes.length)}`, mistakes));
  return ok({ params, query, body, ifVersion: ifVersion.value } as Inputs<Route>);
}

function count(mistakes: number): string {
  return mistakes === 1 ? "1 mistake" : `${mistakes} mistakes`;
}

function contentTypeFault({ body }: AdminRoute, { raw }: FastifyRequest): Fault | undefined {
  if (body === undefined) return undefined;
  const found = raw.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  const wanted: readonly string[] = body === "bundle" ? bundleTypes : ["application/json"];
  if (found !== undefined && wanted.includes(found)) return undefined;
  const detail = `found ${found === undefined ? "no content type" : `"${found.slice(0, 100)}"`}; wanted ${wanted.join(" or ")}`;
  return { status: 415, code: "gateway.invalid_request", detail };
}

/** Strictly: what two readers could understand differently is refused. */
function readJson({ body }: AdminRoute, found: unknown): Result<unknown, Fault> {
  if (body === undefined) return ok(undefined);
  if (!Buffer.isBuffer(found)) return err(badRequest("the request has no body"));
  if (body === "bundle") return ok(found);
  const text = decodeUtf8(found);
  const parsed = text.ok ? parseJson(text.value, requestLimits) : text;
  return parsed.ok ? parsed : err(badRequest(`the body is not JSON that can be read in one way only: ${parsed.error.detail}`));
}

const ETAG = /^"(\d{1,15})"$/;

export function etagOf(version: number): string {
  return `"${version}"`;
}

function readIfMatch(header: string | undefined): Result<number | undefined, Fault> {
  if (header === undefined || header === "*") return ok(undefined);
  const version = ETAG.exec(header.trim())?.[1];
  if (version !== undefined) return ok(Number(version));
  return err(badRequest('"If-Match" is not an ETag of the status; wanted one such as "12" with its quotes'));
}
