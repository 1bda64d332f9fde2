import { mkdir } from "node:fs/promises";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Company, environment, type Gate, type GateOptions, issuer, startGate } from "./gate.ts";
import { bundleName } from "./gate-bundle.ts";
import { GateClient } from "./gate-client.ts";
import { type RunningProcess, startInProcess } from "./gate-process.ts";
import { findRedis, startRedis, type TestRedis } from "./redis.ts";

/** Which of the two replicas a request goes to. */
export type Which = 0 | 1;

/** One request that passed the balancer. */
export interface Passed {
  readonly replica: Which;
  readonly verb: string;
  /** Method of the JSON-RPC message; undefined for an answer to the gateway's question and for requests without a body. */
  readonly method: string | undefined;
}

export interface ReplicasOptions {
  readonly company: Company;
  readonly servers?: GateOptions["servers"];
  /** How the first replica runs; the second always runs in this process. */
  readonly first?: "here" | "child";
  /** Members of both configurations. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Two gateways on one bundle and one Redis, each with a data directory of its own, behind a balancer without affinity. */
export interface Replicas {
  /** The first replica, with the issuer and the servers that both use. */
  readonly gate: Gate;
  readonly other: RunningProcess;
  readonly redis: TestRedis;
  /** Where clients go. */
  readonly url: string;
  /** A client behind the balancer: each request goes to the next replica, or to the one that `to` names. */
  readonly client: GateClient;
  readonly passed: readonly Passed[];
  stop(): Promise<void>;
}

const REPLICA_HEADER = "x-to-replica";

/** A header that sends a request to one replica. */
export function to(replica: Which): Readonly<Record<string, string>> {
  return { [REPLICA_HEADER]: String(replica) };
}

export const redisFound = findRedis();

export async function startReplicas({ company, servers, first = "here", config = {} }: ReplicasOptions): Promise<Replicas> {
  if (redisFound.kind === "missing") throw new Error(redisFound.reason);
  const redis = await startRedis(redisFound);
  const shared = { redis: { url: redis.url, command_timeout_ms: 5_000 }, ...config };
  const gate = await startGate({ company, config: shared, process: first, ...(servers === undefined ? {} : { servers }) });
  const other = await startOther(gate, shared);
  const balancer = await startBalancer([() => gate.url, () => other.url]);
  const client = new GateClient(() => balancer.url);
  return {
    gate,
    other,
    redis,
    url: balancer.url,
    client,
    passed: balancer.passed,
    async stop() {
      await client.close();
      await balancer.close();
      await other.stop();
      await gate.stop();
      await redis.stop();
    },
  };
}

async function startOther(gate: Gate, shared: Readonly<Record<string, unknown>>): Promise<RunningProcess> {
  const folder = join(gate.folder, "other");
  await mkdir(folder);
  const audience = "https://gate.example.com";
  return startInProcess(
    {
      version: 1,
      data_dir: join(folder, "data"),
      listen: { host: "127.0.0.1", port: 0 },
      public_url: audience,
      bundle: { file: gate.bundleFile, keyring: join(gate.folder, "keyring.json"), name: bundleName, environment },
      issuers: [{ issuer, audience, jwks_uri: gate.issuer.jwksUri }],
      places: Object.fromEntries(Object.entries(gate.servers).map(([id, server]) => [id, { url: server.url }])),
      ...shared,
    },
    {},
  );
}

interface Balancer {
  readonly url: string;
  readonly passed: Passed[];
  close(): Promise<void>;
}

/** Each request to the next replica; to the other one if that cannot be reached. Bytes are passed as they come. */
async function startBalancer(replicas: readonly [() => string, () => string]): Promise<Balancer> {
  const passed: Passed[] = [];
  const agent = new Agent({ keepAlive: true });
  let turn: Which = 0;
  const http = createServer(async (incoming, response) => {
    const wanted = incoming.headers[REPLICA_HEADER];
    const replica: Which = wanted === undefined ? turn : wanted === "1" ? 1 : 0;
    if (wanted === undefined) turn = turn === 0 ? 1 : 0;
    const body = await readAll(incoming);
    if (body === undefined) return;
    const entry = { verb: incoming.method ?? "", method: methodIn(body) };
    const pass = (which: Which, onDead: () => void) => {
      passed.push({ ...entry, replica: which });
      forward(agent, replicas[which](), incoming, body, response, onDead);
    };
    pass(replica, () => pass(replica === 0 ? 1 : 0, () => void response.writeHead(502).end("no replica answers")));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    passed,
    async close() {
      agent.destroy();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function forward(agent: Agent, url: string, incoming: IncomingMessage, body: Buffer, response: ServerResponse, onDead: () => void): void {
  const { [REPLICA_HEADER]: _, ...headers } = incoming.headers;
  const outgoing = request(`${url}${incoming.url}`, { method: incoming.method ?? "GET", headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    // Half an answer is no answer: the client must see that it broke off.
    answer.once("close", () => answer.complete || response.destroy());
  });
  outgoing.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNREFUSED" && !response.headersSent) onDead();
    else response.destroy();
  });
  response.once("close", () => outgoing.destroy());
  outgoing.end(body);
}

async function readAll(body: Readable): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

function methodIn(body: Buffer): string | undefined {
  try {
    return (JSON.parse(body.toString("utf8")) as { readonly method?: string }).method;
  } catch {
    return undefined;
  }
}
