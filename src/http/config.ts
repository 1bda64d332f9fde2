import { z } from "zod";
import { hostname, isLoopback, listenSchema } from "./listen.ts";

const MEBIBYTE = 1024 * 1024;

const adminConfig = z.strictObject({
  listen: listenSchema(8081).prefault({}).describe("the listener of the admin API"),
  allowed_hosts: z
    .array(hostname)
    .optional()
    .describe("further names that a Host header may carry; the name of public_url, and loopback names on a loopback listener, always may"),
});

/** The section `admin`: a listener of its own, so that whoever reaches the agents' door does not reach this one. */
export type AdminConfig = z.output<typeof adminConfig>;

/** The section `http`: where the doors listen and what they accept. */
export const httpConfig = z.strictObject({
  listen: listenSchema(8080).prefault({}).describe("the listener of all doors"),
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
  admin: adminConfig
    .optional()
    .describe("serve the admin API, on a listener of its own; without it nobody can operate this gateway while it runs"),
});

export type HttpConfig = z.output<typeof httpConfig>;

function isAnyOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}

function isOrigin(text: string): boolean {
  return isAnyOrigin(text) && (text.startsWith("https:") || isLoopback(new URL(text).hostname));
}
