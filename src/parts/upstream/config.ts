import { isAbsolute } from "node:path";
import { z } from "zod";

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "wanted a name of lower case letters, digits, _ and -, starting with a letter");
const ms = z.number().int().positive();
const absolute = z.string().refine(isAbsolute, "wanted an absolute path");

const httpPlace = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("Address of the server's MCP endpoint, http or https."),
});

const stdioPlace = z.strictObject({
  executable: z
    .union([z.literal("node"), absolute], 'wanted "node" or an absolute path; nothing is looked up in PATH')
    .describe('What to start: an absolute path, or "node" for the Node that runs the gateway. Nothing is looked up in PATH.'),
  cwd: absolute.optional().describe("Working directory of the process; the root directory if absent."),
  paths: z.record(name, z.string().min(1)).default({}).describe("Values for the whole arguments that the bundle writes as paths.<name>."),
});

export const upstreamConfig = z
  .strictObject({
    places: z
      .record(name, z.union([httpPlace, stdioPlace]))
      .default({})
      .describe("Where the servers are that the bundle names by place."),
    refresh_ms: ms.default(30_000).describe("After how long a server is asked again what it offers. Milliseconds."),
    believe_ms: ms.default(120_000).describe("How long a listing counts while the server cannot be asked again. Milliseconds."),
    connect_timeout_ms: ms.default(3_000).describe("How long opening a connection may take. Milliseconds."),
    handshake_timeout_ms: ms.default(15_000).describe("How long each step of opening a server may take, its start included. Milliseconds."),
    pool_connections: z.number().int().min(1).max(1024).default(128).describe("Connections to one HTTP server at most."),
    keep_alive_ms: ms.default(60_000).describe("How long an idle connection is kept, unless the server says less. Milliseconds."),
    list_max_tools: z
      .number()
      .int()
      .positive()
      .default(10_000)
      .describe("Tools, prompts, resources and templates that one server may offer, of each."),
    list_max_pages: z.number().int().positive().default(200).describe("Pages that one listing may have."),
    list_max_bytes: z.number().int().positive().default(16_777_216).describe("Bytes that one listing may have."),
    breaker: z
      .strictObject({
        failures: z.number().int().positive().default(5).describe("Calls in a row without an answer that open the breaker."),
        open_ms: ms.default(10_000).describe("How long the breaker refuses before it lets one call try. Milliseconds."),
      })
      .prefault({}),
    stdio: z
      .strictObject({
        restart_base_ms: ms.default(250).describe("Wait before the first restart; doubles with each one. Milliseconds."),
        restart_max_ms: ms.default(30_000).describe("Longest wait before a restart. Milliseconds."),
        stop_grace_ms: ms.default(2_000).describe("Between asking a process to end and ending it. Milliseconds."),
      })
      .prefault({}),
  })
  .describe("How the gateway reaches the servers behind it. Who they are stands in the signed bundle.");

export type UpstreamConfig = z.infer<typeof upstreamConfig>;
