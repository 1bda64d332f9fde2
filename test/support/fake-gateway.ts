import { randomIds } from "../../src/core/ids.ts";
import { err, ok } from "../../src/core/result.ts";
import type {
  Answer,
  Caller,
  DoorOffers,
  Exchange,
  Gateway,
  GatewayRequest,
  ListKind,
  Network,
  Refused,
  Replicas,
  Session,
  Sessions,
} from "../../src/gateway/index.ts";
import { SESSION_ENDED } from "../../src/gateway/index.ts";

const ISSUER = "https://idp.example.com";
const NEVER = 4_102_444_800_000;

/** What reached the gateway behind a door, in order. */
export interface Asked {
  readonly admits: Exchange[];
  readonly lists: { readonly exchange: Exchange; readonly kind: ListKind }[];
  readonly calls: { readonly exchange: Exchange; readonly request: GatewayRequest }[];
  readonly subscribes: { readonly exchange: Exchange; readonly uri: string }[];
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
  /** JSON text of the items of each list. */
  items: Record<ListKind, string[]>;
  offered: DoorOffers;
  /** Methods of extensions that doors pass. */
  passed: readonly string[];
  revision: string;
  /** How a request is answered; may wait, report progress, ask, or throw. */
  answer: (request: GatewayRequest, exchange: Exchange) => Answer | Promise<Answer>;
  /** Set to refuse `admit` and `list`. */
  refusal: Refused | undefined;
  ready: boolean;
  /** URIs that are watched at the moment. */
  readonly watched: readonly string[];
  changeList(...kinds: ListKind[]): void;
  changeResource(uri: string): void;
  refuseWatchers(uri: string): void;
}

const ids = randomIds();
const decision = () => ids.decision(1_700_000_000_000);

/** What one door of the fake has: everything but extensions. */
export const offersAll: DoorOffers = { prompts: true, resources: true, completions: true, logging: true, extensions: {} };

/**
 * A gateway that judges nothing. `Bearer ann` and `Bearer bob` are callers, `Bearer down` meets an unreachable issuer, `Bearer
 * old` expires at once; any other token is bad. Callers may enter the servers `crm` and `files`. Resources under `secret:` are
 * unknown, those under `closed:` refused; a URI in capitals is the same one in small letters.
 */
export function fakeGateway(): FakeGateway {
  const asked: Asked = { admits: [], lists: [], calls: [], subscribes: [], refusals: [] };
  const listeners = new Set<(kinds: ReadonlySet<ListKind>) => void>();
  const watchers = new Set<{ uri: string; listener: () => void; onRefused: () => void }>();
  const watchersOf = (uri: string) => [...watchers].filter((watcher) => watcher.uri === uri);
  const gateway: FakeGateway = {
    asked,
    items: {
      tools: ["crm__get_customer", "crm__refund"].map(listedTool),
      prompts: [JSON.stringify({ name: "crm__summary" })],
      resources: [JSON.stringify({ uri: "file:///handbook/a", name: "a" })],
      templates: [JSON.stringify({ uriTemplate: "test://t/{id}", name: "t" })],
    },
    offered: offersAll,
    passed: [],
    revision: "r1",
    answer: ({ asked: { method, ...what } }) =>
      resultOf({ content: [{ type: "text", text: `called ${"name" in what ? what.name : method}` }] }),
    refusal: undefined,
    ready: true,
    get watched() {
      return [...watchers].map((watcher) => watcher.uri).sort();
    },
    changeList: (...kinds) => {
      for (const listener of listeners) listener(new Set(kinds.length === 0 ? ["tools"] : kinds));
    },
    changeResource: (uri) => {
      for (const watcher of watchersOf(uri)) watcher.listener();
    },
    refuseWatchers: (uri) => {
      for (const watcher of watchersOf(uri)) watcher.onRefused();
    },
    authenticate: async (authorization) => authenticate(authorization),
    admit: async (exchange) => {
      asked.admits.push(exchange);
      return gateway.refusal === undefined ? ok(undefined) : err(gateway.refusal);
    },
    offers: () => gateway.offered,
    passes: (_exchange, method) => gateway.passed.includes(method),
    list: async (exchange, kind) => {
      asked.lists.push({ exchange, kind });
      return gateway.refusal === undefined ? ok({ items: gateway.items[kind], revision: gateway.revision }) : err(gateway.refusal);
    },
    request: async (exchange, request) => {
      asked.calls.push({ exchange, request });
      return gateway.answer(request, exchange);
    },
    subscribe: async (exchange, uri) => {
      asked.subscribes.push({ exchange, uri });
      if (uri.startsWith("secret:")) return err({ kind: "unknown", decisionId: decision() });
      if (uri.startsWith("closed:")) return err({ kind: "refused", ...refusedBy("docs.closed", "This is closed.") });
      return ok({ uri: uri.toLowerCase() });
    },
    watch: (_exchange, uri, listener, onRefused) => {
      const watcher = { uri, listener, onRefused };
      watchers.add(watcher);
      return () => watchers.delete(watcher);
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

/** JSON text of a tool as a list carries it. */
export function listedTool(name: string): string {
  return JSON.stringify({ name, description: `what ${name} does`, inputSchema: { type: "object" } });
}

/** A result as a server of this era says it. */
export function resultOf(result: object, era: "session" | "stateless" = "session"): Answer {
  return { kind: "result", text: JSON.stringify(result), decisionId: decision(), era };
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

/** Sessions in a map, without lifetimes. `limit` is per owner; a session may have four subscriptions. `news` hears of ends. */
export function fakeSessions(limit = 100, news?: Pick<Replicas, "tell">): Sessions & { readonly open_: ReadonlyMap<string, Session> } {
  const all = new Map<string, Session>();
  return {
    open_: all,
    open: async (session, now) => {
      if ([...all.values()].filter((other) => other.owner === session.owner).length >= limit) return undefined;
      const opened = { ...session, id: ids.session(now), openedAt: now, subscriptions: [] };
      all.set(opened.id, opened);
      return opened;
    },
    find: async (id, owner, door) => {
      const session = all.get(id);
      return session?.owner === owner && session.door === door ? session : undefined;
    },
    change: async (id, owner, change) => {
      const session = all.get(id);
      if (session?.owner !== owner) return undefined;
      if (change.set === "log_level") all.set(id, { ...session, logLevel: change.level });
      else {
        const others = session.subscriptions.filter((uri) => uri !== change.uri);
        if (change.set === "subscribe" && others.length >= 4) return "full";
        all.set(id, { ...session, subscriptions: change.set === "subscribe" ? [...others, change.uri] : others });
      }
      return all.get(id);
    },
    end: async (id, owner) => {
      const ended = all.get(id)?.owner === owner && all.delete(id);
      if (ended) news?.tell(SESSION_ENDED, { id });
      return ended;
    },
    endAll: async (owner) => {
      const own = [...all.values()].filter((session) => session.owner === owner);
      for (const { id } of own) {
        all.delete(id);
        news?.tell(SESSION_ENDED, { id });
      }
      return own.length;
    },
    count: async () => all.size,
    close: async () => {},
  };
}
