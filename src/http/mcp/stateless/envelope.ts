import type { FastifyRequest } from "fastify";
import type { ClientCapabilities } from "../../../core/client.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { headersDisagree } from "../answer.ts";
import { readCapabilities } from "../capabilities.ts";
import { decodeHeader } from "../header-text.ts";
import { metaOf } from "../message.ts";
import { codes, type Fault, isMembers, type Members, type Message, meta, shown, statelessVersion } from "../protocol.ts";
import { clientOf, headerOf } from "../visit.ts";

/** The rules of 2026-07-28 for what stands around a message: `_meta`, and headers that must repeat the body. */

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Whether a message wants the stateless door: by the version in its `_meta`, or by a header that names a revision without sessions. */
export function isStateless(request: FastifyRequest, message: Message): boolean {
  const given = metaOf(message);
  return (given !== undefined && meta.protocolVersion in given) || namesStateless(request);
}

export function namesStateless(request: FastifyRequest): boolean {
  const version = headerOf(request, "mcp-protocol-version");
  return version !== undefined && DATE.test(version) && version >= statelessVersion;
}

/** What stands around a message, read. */
export interface Envelope {
  readonly protocolVersion: string;
  readonly capabilities: ClientCapabilities;
  readonly client: { readonly name: string; readonly version: string };
}

const UNNAMED = { name: "unnamed", version: "0" };

/**
 * Reads what stands around a request, or tells the first thing that is wrong with it. An intermediary routes or filters by
 * header and we act by body, so a difference between the two would be a way round it.
 */
export function readEnvelope(request: FastifyRequest, asked: Message): Result<Envelope, Fault> {
  const given = metaOf(asked);
  const problem = envelopeProblem(given);
  if (problem !== undefined) return err(fault(asked, codes.invalidParams, `Invalid params: ${problem}`));
  const capabilities = readCapabilities(given?.[meta.clientCapabilities], statelessVersion);
  if (!capabilities.ok) return err(fault(asked, codes.invalidParams, `Invalid params: ${capabilities.error}`));
  const disagreement = checkHeaders(request, asked);
  if (disagreement !== undefined) return err(disagreement);
  const info = given?.[meta.clientInfo];
  return ok({
    protocolVersion: statelessVersion,
    capabilities: capabilities.value,
    client: clientOf(isMembers(info) ? info : undefined) ?? UNNAMED,
  });
}

/** What headers say and the message does not, or the other way round. */
export function checkHeaders(request: FastifyRequest, asked: Message): Fault | undefined {
  return checkVersion(request, asked, metaOf(asked)?.[meta.protocolVersion]) ?? checkMethod(request, asked) ?? checkName(request, asked);
}

function envelopeProblem(given: Members | undefined): string | undefined {
  if (given === undefined) return `"_meta" is missing`;
  if (typeof given[meta.protocolVersion] !== "string") return `"_meta" needs "${meta.protocolVersion}"`;
  if (!isMembers(given[meta.clientCapabilities])) return `"_meta" needs "${meta.clientCapabilities}"`;
  const info = given[meta.clientInfo];
  if (info !== undefined && clientOf(isMembers(info) ? info : undefined) === undefined)
    return `"${meta.clientInfo}" needs name and version`;
  return undefined;
}

function checkVersion(request: FastifyRequest, asked: Message, claimed: unknown): Fault | undefined {
  const header = headerOf(request, "mcp-protocol-version");
  if (claimed !== undefined && header !== undefined && header !== claimed) {
    return mismatch(asked, `the MCP-Protocol-Version header says "${shown(header)}", the body "${shown(String(claimed))}"`);
  }
  const version = claimed ?? header;
  if (version !== statelessVersion) {
    return fault(asked, codes.unsupportedVersion, `Unsupported protocol version: ${shown(String(version))}`, {
      supported: [statelessVersion],
      requested: version,
    });
  }
  return header === undefined && asked.id !== undefined ? mismatch(asked, "the MCP-Protocol-Version header is missing") : undefined;
}

function checkMethod(request: FastifyRequest, asked: Message): Fault | undefined {
  const header = headerOf(request, "mcp-method");
  if (header === undefined) return asked.id === undefined ? undefined : mismatch(asked, "the Mcp-Method header is missing");
  return header === asked.method
    ? undefined
    : mismatch(asked, `the Mcp-Method header says "${shown(header)}", the body "${shown(asked.method)}"`);
}

/** The member of the parameters that the header `Mcp-Name` repeats. */
const named: ReadonlyMap<string, "name" | "uri" | "taskId"> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

function checkName(request: FastifyRequest, asked: Message): Fault | undefined {
  const member = asked.id === undefined ? undefined : named.get(asked.method);
  if (member === undefined) return undefined;
  const name = asked.params?.[member];
  const header = headerOf(request, "mcp-name");
  if (header === undefined) return typeof name === "string" ? mismatch(asked, "the Mcp-Name header is missing") : undefined;
  const decoded = decodeHeader(header);
  if (decoded === undefined) return mismatch(asked, "the Mcp-Name header holds broken Base64");
  if (decoded === name) return undefined;
  return mismatch(asked, `the Mcp-Name header says "${shown(decoded)}", the body ${shown(JSON.stringify(name) ?? "nothing")}`);
}

function mismatch(asked: Message, what: string): Fault {
  return fault(asked, codes.headerMismatch, headersDisagree(what));
}

function fault(asked: Message, code: number, message: string, data?: Members): Fault {
  return {
    status: 400,
    code,
    message,
    id: asked.id,
    reason: "gateway.invalid_request",
    method: asked.method,
    ...(data === undefined ? {} : { data }),
  };
}
