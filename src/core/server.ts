import type { Era } from "./tool.ts";

/** A server as the signed bundle states it: who and what. Where it is may be left to the configuration (`place`). */
export interface ServerDefinition {
  readonly id: string;
  readonly title?: string;
  readonly owner: string;
  readonly trust: "internal" | "partner" | "public";
  readonly environment: string;
  readonly status: "proposed" | "approved" | "deprecated" | "retired";
  readonly replacement?: string;
  readonly transport: HttpTransport | SseTransport | StdioTransport;
  readonly credential: CredentialMode;
  readonly timeoutMs: number;
  readonly maxResultBytes: number;
  /** Calls in flight at once. */
  readonly maxConcurrent: number;
  readonly drift: "strict";
  /** What it may ask of clients at all; each question is judged besides. Towards it, nothing else is declared. Sorted. */
  readonly asks: readonly ServerAsk[];
  /** Extensions of the protocol that are passed through: declared to it and to clients. Sorted. */
  readonly extensions: readonly string[];
  /** Requests of these extensions that clients may make at the server's own door, by extension id. Sorted. */
  readonly extensionMethods: Readonly<Record<string, readonly string[]>>;
}

export const serverAsks = ["elicitation", "roots", "sampling"] as const;
export type ServerAsk = (typeof serverAsks)[number];

/** A server that is only proposed, or retired, is never spoken to. */
export function isInUse(server: Pick<ServerDefinition, "status">): boolean {
  return server.status === "approved" || server.status === "deprecated";
}

export interface HttpTransport {
  readonly kind: "http";
  readonly place: { readonly url: string } | { readonly name: string };
  readonly hostClass: "loopback" | "private" | "public";
  /** `auto` asks the server; a fixed era is spoken without asking. */
  readonly era: Era | "auto";
}

/** HTTP with SSE of 2024-11-05: a stream that names the address for messages. */
export interface SseTransport {
  readonly kind: "sse";
  readonly place: HttpTransport["place"];
  readonly hostClass: HttpTransport["hostClass"];
  readonly era: "session";
}

export interface StdioTransport {
  readonly kind: "stdio";
  /** Names a place of the configuration: `{ executable, cwd, paths }`. */
  readonly place: string;
  /** Arguments after the executable; `${paths.x}` stands for a whole argument. Never seen by a shell. */
  readonly argv: readonly string[];
  readonly era: Era | "auto";
}

export type CredentialMode =
  | { readonly mode: "none" }
  /** A secret of the company, sent as `<header>: <prefix><secret>`. `secret` names an entry of the configuration. */
  | { readonly mode: "company"; readonly secret: string; readonly header: string; readonly prefix: string };
