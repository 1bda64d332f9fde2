import type { ClientCapabilities } from "../../core/client.ts";
import type { ServerDefinition } from "../../core/server.ts";
import { parsed } from "./answer.ts";
import { sharedCapabilities } from "./capabilities.ts";
import { needsTask } from "./driven-task.ts";
import { type ClientInfo, requestBody, statelessMeta } from "./messages.ts";
import { headerValue, type ParamHeader, paramHeaders, paramHeaderValues } from "./param-headers.ts";
import type { Listing, UpstreamAsk, UpstreamCall } from "./upstream.ts";
import type { Link, WireRequest } from "./wire.ts";

export interface CallsOptions {
  readonly server: ServerDefinition;
  readonly client: ClientInfo;
  readonly overHttp: boolean;
}

/** What stays the same for one tool of one link. */
interface Route {
  /** After the id, up to where the arguments begin. */
  readonly head: string;
  readonly headers: readonly string[];
  readonly params: readonly ParamHeader[];
  /** The member that has the server make a task of it, after a comma; empty for nearly all tools. */
  readonly task: string;
}

/** How long a server keeps a task beyond the time of the call, which stands still while somebody is asked. */
const TASK_KEPT_MS = 3_600_000;

type OtherAsk = Exclude<UpstreamAsk, { readonly method: "tools/call" }>;

/** Methods of stateless servers that have the header `Mcp-Name`. */
const named: readonly string[] = ["prompts/get", "resources/read", "tasks/get", "tasks/update", "tasks/cancel"];

/** Turns calls of clients into requests: texts are spliced in unchanged, and what can be kept from call to call is. */
export class Calls {
  readonly #options: CallsOptions;
  /** `_meta` of stateless requests for clients that can do nothing. */
  readonly #meta: string;
  readonly #metaByClient = new WeakMap<ClientCapabilities, string>();
  readonly #mayShare: boolean;
  #routes: { readonly link: Link | undefined; readonly listing: Listing | undefined; readonly byTool: Map<string, Route> };

  constructor(options: CallsOptions) {
    const { server, client } = options;
    this.#options = options;
    this.#meta = statelessMeta(client, {});
    this.#mayShare = server.asks.length > 0 || server.extensions.length > 0;
    this.#routes = { link: undefined, listing: undefined, byTool: new Map() };
  }

  /** What is sent for a call; `again` after the server forgot the session of the first time. */
  request(call: UpstreamCall, link: Link, listing: Listing | undefined, id: number, timeoutMs: number, again: boolean): WireRequest {
    const { ask } = call;
    const { overHttp, server } = this.#options;
    const meta = this.#metaOf(call, link, id);
    let body: string;
    let headers: string[] | undefined;
    let asTask = false;
    if (ask.method === "tools/call") {
      const route = this.#route(ask.tool, link, listing);
      body = toolBody(route, call, ask.argsText, id, meta);
      asTask = route.task !== "";
      if (overHttp) headers = toolHeaders(route, call, ask.argsText);
    } else {
      const members = call.resumed === undefined ? ask.paramsText : ask.paramsText + resumedMembers(call.resumed);
      body = requestBody(id, methodOf(ask), members, meta);
      if (overHttp) headers = headersOf(call, ask, link);
    }
    return {
      id,
      method: methodOf(ask),
      body,
      link,
      credential: call.credential,
      maxBytes: server.maxResultBytes,
      timeoutMs,
      signal: call.signal,
      headers,
      onDispatch: again ? undefined : call.onDispatch,
      onProgress: call.onProgress,
      onLog: call.onLog,
      onQuestion: call.onQuestion,
      ofClient: true,
      asTask,
    };
  }

  #metaOf(call: UpstreamCall, link: Link, id: number): string {
    const stateless = link.era === "stateless";
    let meta = stateless ? this.#shared(call.capabilities) : "";
    if (call.onProgress !== undefined) meta = `"progressToken":${id}${meta === "" ? "" : ","}${meta}`;
    if (call.traceparent !== undefined) meta += `${meta === "" ? "" : ","}"traceparent":${JSON.stringify(call.traceparent)}`;
    if (stateless && call.onLog !== undefined) meta += `,"io.modelcontextprotocol/logLevel":"${call.logLevel ?? "debug"}"`;
    return meta;
  }

  /** A client's capabilities as the server may know them; written once for each client. */
  #shared(capabilities: ClientCapabilities | undefined): string {
    if (!this.#mayShare || capabilities === undefined) return this.#meta;
    const known = this.#metaByClient.get(capabilities);
    if (known !== undefined) return known;
    const { server, client } = this.#options;
    const meta = statelessMeta(client, sharedCapabilities(server, capabilities));
    this.#metaByClient.set(capabilities, meta);
    return meta;
  }

  #route(tool: string, link: Link, listing: Listing | undefined): Route {
    if (this.#routes.link !== link || this.#routes.listing !== listing) this.#routes = { link, listing, byTool: new Map() };
    const known = this.#routes.byTool.get(tool);
    if (known !== undefined) return known;
    const live = listing?.tools.get(tool);
    const { overHttp, server } = this.#options;
    const stateless = link.era === "stateless" && overHttp;
    const route: Route = {
      head: `,"method":"tools/call","params":{"name":${JSON.stringify(tool)}`,
      headers: stateless ? ["mcp-method", "tools/call", "mcp-name", headerValue(tool)] : [],
      task: link.tasks !== undefined && needsTask(live?.definition) ? `,"task":{"ttl":${server.timeoutMs + TASK_KEPT_MS}}` : "",
      params: stateless && live !== undefined ? (paramHeaders(live.definition.inputSchema) ?? []) : [],
    };
    // Only what is listed is kept, so that made-up names cannot fill memory.
    if (live !== undefined) this.#routes.byTool.set(tool, route);
    return route;
  }
}

function toolBody({ head, task }: Route, call: UpstreamCall, argsText: string | undefined, id: number, meta: string): string {
  let body = `{"jsonrpc":"2.0","id":${id}${head}`;
  if (argsText !== undefined) body += `,"arguments":${argsText}`;
  if (task !== "") body += task;
  if (call.resumed !== undefined) body += resumedMembers(call.resumed);
  if (meta !== "") body += `,"_meta":{${meta}}`;
  return `${body}}}`;
}

/** Each after a comma. */
function resumedMembers({ inputResponses, requestState }: NonNullable<UpstreamCall["resumed"]>): string {
  let members = "";
  if (inputResponses !== undefined) members += `,"inputResponses":${JSON.stringify(inputResponses)}`;
  if (requestState !== undefined) members += `,"requestState":${JSON.stringify(requestState)}`;
  return members;
}

function toolHeaders(route: Route, call: UpstreamCall, argsText: string | undefined): string[] {
  const headers = ["toolgate-decision-id", call.decisionId, ...route.headers];
  if (route.params.length > 0) headers.push(...paramHeaderValues(route.params, parsed(argsText ?? "{}")));
  return headers;
}

function methodOf(ask: UpstreamAsk): string {
  return ask.method === "extension" ? ask.name : ask.method;
}

function headersOf(call: UpstreamCall, ask: OtherAsk, link: Link): string[] {
  const headers = ["toolgate-decision-id", call.decisionId];
  if (link.era !== "stateless") return headers;
  headers.push("mcp-method", methodOf(ask));
  if (ask.name !== undefined && named.includes(ask.method)) headers.push("mcp-name", headerValue(ask.name));
  return headers;
}
