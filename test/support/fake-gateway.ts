import { randomIds } from "../../src/core/ids.ts";
import { err, ok } from "../../src/core/result.ts";
import type {
  CallAnswer,
  Caller,
  CallRequest,
  Exchange,
  Gateway,
  ListedTool,
  Network,
  Refused,
  Session,
  Sessions,
} from "../../src/gateway/index.ts";

const ISSUER = "https://idp.example.com";
const NEVER = 4_102_444_800_000;

/** What reached the gateway behind a door, in order. */
export interface Asked {
  readonly admits: Exchange[];
  readonly lists: Exchange[];
  readonly calls: { readonly exchange: Exchange; readonly request: CallRequest }[];
  readonly refusals: {
    readonly caller: string | undefined;
    readonly network: Network;
    readonly code: string;
    readonly method?: string;
    readonly detail: string;
  }[];
}

export interface FakeGateway extends Gateway {
  readonly asked: Asked;
  tools: ListedTool[];
  revision: string;
  /** How a call is answered; may wait, report progress, or throw. */
  answer: (request: CallRequest, exchange: Exchange) => CallAnswer | Promise<CallAnswer>;
  /** Set to refuse `admit` and `listTools`. */
  refusal: Refused | undefined;
  ready: boolean;
  changeList(): void;
}

const ids = randomIds();
const decision = () => ids.decision(1_700_000_000_000);

/**
 * A gateway that judges nothing. `Bearer ann` and `Bearer bob` are callers, `Bearer down` meets an unreachable issuer, `Bearer
 * old` expires at once; any other token is bad. Callers may enter the servers `crm` and `files`.
 */
export function fakeGateway(): FakeGateway {
  const asked: Asked = { admits: [], lists: [], calls: [], refusals: [] };
  const listeners = new Set<() => void>();
  const gateway: FakeGateway = {
    asked,
    tools: ["crm__get_customer", "crm__refund"].map(listedTool),
    revision: "r1",
    answer: (request) => ({
      kind: "result",
      text: JSON.stringify({ content: [{ type: "text", text: `called ${request.tool}` }] }),
      decisionId: decision(),
    }),
    refusal: undefined,
    ready: true,
    changeList: () => {
      for (const listener of listeners) listener();
    },
    authenticate: async (authorization) => authenticate(authorization),
    admit: async (exchange) => {
      asked.admits.push(exchange);
      return gateway.refusal === undefined ? ok(undefined) : err(gateway.refusal);
    },
    listTools: async (exchange) => {
      asked.lists.push(exchange);
      return gateway.refusal === undefined ? ok({ tools: gateway.tools, revision: gateway.revision }) : err(gateway.refusal);
    },
    callTool: async (exchange, request) => {
      asked.calls.push({ exchange, request });
      return gateway.answer(request, exchange);
    },
    refuseMessage: async (caller, network, refusal) => {
      asked.refusals.push({ caller: caller?.token.subject, network, ...refusal });
      return decision();
    },
    mayEnter: async (_caller, serverId) => serverId === "crm" || serverId === "files",
    onListChanged: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    readiness: () => ({ ready: gateway.ready, parts: { bundle: { ok: gateway.ready, detail: "demo 7" } } }),
  };
  return gateway;
}

export function listedTool(name: string): ListedTool {
  const definition = { name, description: `what ${name} does`, inputSchema: { type: "object" } };
  return { name, definition, text: JSON.stringify(definition) };
}

export function refusedBy(code: string, message: string, remedy?: string): Refused {
  const reason = { code, rule: "toolgate", message, ...(remedy === undefined ? {} : { remedy }) };
  return { decisionId: decision(), effect: "deny", reasons: [reason] };
}

function authenticate(authorization: string | undefined): Awaited<ReturnType<Gateway["authenticate"]>> {
  const subject = /^Bearer (ann|bob|old)$/.exec(authorization ?? "")?.[1];
  if (subject !== undefined) return ok(callerOf(subject));
  if (authorization === "Bearer down")
    return err({ decisionId: decision(), code: "auth.issuer_unreachable", message: "The keys cannot be read.", retryable: true });
  const code = authorization === undefined ? "auth.missing" : "auth.bad_signature";
  return err({ decisionId: decision(), code, message: 'The "signature" does not verify.', retryable: false });
}

function callerOf(subject: string): Caller {
  return {
    token: {
      tenant: "default",
      issuer: ISSUER,
      subject,
      kind: "user_via_agent",
      user: { id: subject, issuer: ISSUER, groups: [] },
      agent: "support-bot",
      delegation: [],
      scopes: [],
      expiresAt: subject === "old" ? 0 : NEVER,
    },
    agentId: "support-bot",
    key: JSON.stringify(["default", ISSUER, subject, "support-bot"]),
  };
}

/** Sessions in a map, without lifetimes. `limit` is per owner. */
export function fakeSessions(limit = 100): Sessions & { readonly open_: ReadonlyMap<string, Session> } {
  const all = new Map<string, Session>();
  return {
    open_: all,
    open: async (session, now) => {
      if ([...all.values()].filter((other) => other.owner === session.owner).length >= limit) return undefined;
      const opened = { ...session, id: ids.session(now), openedAt: now };
      all.set(opened.id, opened);
      return opened;
    },
    find: async (id, owner, door) => {
      const session = all.get(id);
      return session?.owner === owner && session.door === door ? session : undefined;
    },
    end: async (id, owner) => all.get(id)?.owner === owner && all.delete(id),
    close: async () => {},
  };
}
