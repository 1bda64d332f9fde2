import type { FastifyRequest } from "fastify";
import type { ParamHeader } from "../../../gateway/index.ts";
import { decodeHeader } from "../header-text.ts";
import { isMembers, type Members } from "../protocol.ts";
import { headerOf } from "../visit.ts";

/**
 * The first `Mcp-Param-*` header that does not repeat its argument. An intermediary routes by the header and the server
 * acts by the argument, so a difference between the two would be a way round it. Says no value: it goes into records,
 * past what policy masks there.
 */
export function paramProblem(request: FastifyRequest, declared: readonly ParamHeader[], args: Members | undefined): string | undefined {
  for (const { path, header } of declared) {
    const name = `Mcp-Param-${header}`;
    const sent = headerOf(request, name.toLowerCase());
    const value = valueAt(args, path);
    const argument = `the argument "${path.join(".")}"`;
    if (value === undefined || value === null) {
      if (sent !== undefined) return `the ${name} header is there, and ${argument} is not`;
      continue;
    }
    if (typeof value === "object") continue; // not of the declared type, which the pinned schema refuses
    if (sent === undefined) return `the ${name} header is missing`;
    const decoded = decodeHeader(sent);
    if (decoded === undefined) return `the ${name} header holds broken Base64`;
    if (!says(decoded, value)) return `the ${name} header differs from ${argument}`;
  }
  return undefined;
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const key of path) value = isMembers(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

const NUMBER = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/;

/** Numbers are compared as numbers: `42` and `42.0` are the same argument. */
function says(text: string, value: unknown): boolean {
  if (typeof value === "number") return NUMBER.test(text) && Number(text) === value;
  return text === String(value);
}
