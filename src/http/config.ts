import ipaddr from "ipaddr.js";
import { z } from "zod";

const MEBIBYTE = 1024 * 1024;

const listen = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1").describe("address to listen on"),
    port: z.int().min(0).max(65_535).default(8080).describe("port to listen on; 0 takes a free one"),
    tls: z
      .strictObject({
        cert: z.string().min(1).describe("file with the certificate chain, PEM"),
        key: z.string().min(1).describe("file with the private key, PEM"),
      })
      .optional()
      .describe("serve HTTPS with this certificate; the files are read again on reload"),
    trusted_proxies: z
      .array(z.string().refine(isNetwork, { error: "wanted an address or a network like 10.0.0.0/8, and not all addresses" }))
      .min(1)
      .optional()
      .describe("networks of the reverse proxies that end TLS in front of the gateway; their X-Forwarded-For is believed"),
  })
  .refine((value) => isLoopback(value.host) || value.tls !== undefined || value.trusted_proxies !== undefined, {
    error: "a listener that is not on loopback needs tls, or trusted_proxies in front of it: bearer tokens would travel in clear",
    path: ["host"],
  });

const hostname = z.string().regex(/^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])$/, {
  error: "wanted a host name in lower case without a port, or an IPv6 address in brackets",
});

/** The section `http`: where the doors listen and what they accept. */
export const httpConfig = z.strictObject({
  listen: listen.prefault({}).describe("the listener of all doors"),
  public_url: z
    .string()
    .refine(isOrigin, { error: "wanted an origin like https://gate.example.com, without a path; http only for loopback names" })
    .describe("the origin under which clients reach the gateway; it stands in resource metadata and challenges"),
  allowed_hosts: z
    .array(hostname)
    .optional()
    .describe("further names that a Host header may carry; the name of public_url, and loopback names on a loopback listener, always may"),
  allowed_origins: z
    .array(z.string().refine(isAnyOrigin, { error: "wanted an origin like https://app.example.com" }))
    .optional()
    .describe("further web origins that may call the gateway from a browser"),
  limits: z
    .strictObject({
      body_bytes: z
        .int()
        .min(1024)
        .max(64 * MEBIBYTE)
        .default(4 * MEBIBYTE)
        .describe("largest request body"),
      streams_per_caller: z.int().min(1).max(1000).default(16).describe("open notification streams of one caller in this process"),
      replay_bytes_per_caller: z
        .int()
        .min(0)
        .max(256 * MEBIBYTE)
        .default(4 * MEBIBYTE)
        .describe("bytes of streams of one caller that are kept in this process, so that a client that lost its connection misses nothing"),
      watched_per_caller: z
        .int()
        .min(1)
        .max(100_000)
        .default(256)
        .describe("resources whose changes one caller may wait for in this process"),
    })
    .prefault({}),
  lists: z
    .strictObject({
      page_size: z.int().min(1).max(10_000).default(200).describe("items in one page of a list"),
      ttl_ms: z.int().min(0).max(3_600_000).default(5_000).describe("how long a client may keep a list or a resource, in milliseconds"),
    })
    .prefault({}),
  questions: z
    .strictObject({
      answer_s: z
        .int()
        .min(1)
        .max(86_400)
        .default(600)
        .describe("how long a server's question to a client with a session may wait for its answer, in seconds"),
    })
    .prefault({}),
  keep_alive: z
    .strictObject({
      idle_ms: z.int().min(1_000).max(600_000).default(72_000).describe("how long an idle connection stays open"),
      comment_ms: z.int().min(1_000).max(300_000).default(15_000).describe("pause after which a silent stream gets a comment"),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      host: z
        .string()
        .default("127.0.0.1")
        .refine(isLoopback, { error: "wanted a loopback address: metrics have no authentication of their own" })
        .describe("address of the metrics listener"),
      port: z.int().min(0).max(65_535).describe("port of the metrics listener"),
    })
    .optional()
    .describe("serve /metrics on a listener of its own instead of the main one"),
});

export type HttpConfig = z.output<typeof httpConfig>;

/** Whether a listen address can be reached from this host only. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const bare = host.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === "loopback";
}

function isNetwork(text: string): boolean {
  if (ipaddr.isValid(text)) return true;
  return ipaddr.isValidCIDR(text) && ipaddr.parseCIDR(text)[1] > 0;
}

function isAnyOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}

function isOrigin(text: string): boolean {
  return isAnyOrigin(text) && (text.startsWith("https:") || isLoopback(new URL(text).hostname));
}
