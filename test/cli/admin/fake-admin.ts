import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type AdminRoute, type AdminRouteName, adminApi, type Problem, type StatusAnswer } from "../../../src/http/index.ts";

/** One request as it arrived. */
export interface Arrived {
  readonly route: AdminRouteName;
  readonly body: unknown;
  readonly authorization: string | undefined;
  readonly ifMatch: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly params: readonly string[];
}

/** What a route answers: an object of its schema, or a problem. */
export type Given = { readonly value: unknown } | { readonly problem: Problem } | { readonly raw: string };

/** A server that knows the routes of the admin API, reads bodies by their schemas, and answers only what fits theirs. */
export interface FakeAdmin {
  readonly url: string;
  readonly arrived: readonly Arrived[];
  /** The next answers of a route, one after another; the last one stays. */
  answer(route: AdminRouteName, ...given: readonly Given[]): void;
  close(): Promise<void>;
}

const routes = Object.entries(adminApi) as [AdminRouteName, AdminRoute][];

export async function startFakeAdmin(): Promise<FakeAdmin> {
  const arrived: Arrived[] = [];
  const answers = new Map<AdminRouteName, Given[]>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://admin");
    const found = routes.find(([, { method, path }]) => method === request.method && formOf(path).test(url.pathname));
    if (found === undefined) return void response.writeHead(404, { "content-type": "text/html" }).end("<p>nothing</p>");
    const [name, route] = found;
    const bytes = await bytesOf(request);
    const { authorization, "if-match": ifMatch } = request.headers;
    arrived.push({
      route: name,
      body: bodyOf(route, bytes),
      authorization,
      ifMatch,
      query: Object.fromEntries(url.searchParams),
      params: formOf(route.path).exec(url.pathname)?.slice(1).map(decodeURIComponent) ?? [],
    });
    const queue = answers.get(name) ?? [];
    const given = queue.length > 1 ? queue.shift() : queue[0];
    if (given === undefined) return void response.writeHead(500).end();
    if ("problem" in given) {
      response.writeHead(given.problem.status, { "content-type": "application/problem+json" }).end(JSON.stringify(given.problem));
      return;
    }
    if ("raw" in given) return void response.writeHead(route.status, { "content-type": "application/json" }).end(given.raw);
    const fits = typeof route.answer === "string" ? given.value : route.answer.parse(given.value);
    response.writeHead(route.status, { "content-type": "application/json", etag: '"7"' }).end(JSON.stringify(fits));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    answer: (route, ...given) => void answers.set(route, [...given]),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function formOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "([^/]+)")}$`);
}

function bodyOf({ body }: AdminRoute, bytes: Buffer): unknown {
  if (body === undefined) return undefined;
  return body === "bundle" ? bytes.toString("utf8") : body.parse(JSON.parse(bytes.toString("utf8")));
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;

const MINUTE = 60_000;
export const now = Date.parse("2026-06-01T12:00:00Z");
const bundle = (revision: string, sequence: number, digit: string) => ({
  name: "acme",
  revision,
  sequence,
  digest: digest(digit),
  signer: "release-key",
});

export const active = { ...bundle("1.4.0", 7, "a"), at: now - 123 * MINUTE, by: "security/olga" };
export const candidate = bundle("1.5.0", 8, "b");

/** A gateway of two replicas with a canary under way. */
export function statusOf(change: Partial<StatusAnswer> = {}): StatusAnswer {
  return {
    operator: { id: "security/olga", roles: ["viewer", "operator"] },
    tenant: "default",
    environment: "production",
    readiness: { ready: true, parts: { bundle: { ok: true, detail: "acme 1.4.0" } } },
    state: {
      version: 7,
      promoted: active,
      rollout: {
        id: "rol_1",
        bundle: candidate,
        steps: [
          { mode: "shadow", forMs: 10 * MINUTE },
          { mode: "canary", percent: 5, forMs: 30 * MINUTE },
        ],
        step: 1,
        stepAt: now - 10_000,
        rollbackIf: [
          { measure: "new_deny", above: 20, unit: "calls" },
          { measure: "failed", above: 1.5, unit: "percent" },
        ],
        minCalls: 100,
        atEnd: "promote",
        by: "security/olga",
        at: now - 11 * MINUTE,
      },
      ended: [],
      quarantine: [],
    },
    counts: {
      compared: 1204,
      skipped: 3,
      flips: { same: 1190, changed: 0, new_deny: 12, new_allow: 2, new_ask: 0, failed: 0 },
      differences: [
        { flip: "new_deny", agent: "support-bot", target: "crm.refund", rule: "refunds too_much", count: 12, samples: ["dec_1", "dec_2"] },
        { flip: "new_allow", agent: "desk", target: "files.read", rule: "reading", count: 2, samples: [] },
      ],
    },
    canary: { agents: 3, of: 61, named: ["desk", "support-bot"] },
    replicas: [
      { replica: "gate-1", at: now, version: 7, active: digest("a"), candidate: digest("b") },
      { replica: "gate-2", at: now, version: 6, active: digest("a") },
      { replica: "gate-3", at: now, version: 7, active: digest("a"), problem: "the bundle cannot be read" },
    ],
    ...change,
  };
}

export function problem(status: number, code: string, more: Partial<Problem> = {}): { readonly problem: Problem } {
  return { problem: { type: `urn:toolgate:${code}`, title: "It was refused.", status, detail: "", code, ...more } };
}
