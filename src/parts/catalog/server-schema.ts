import { z } from "zod";
import { mayBeOfExtension } from "../../core/methods.ts";
import { serverAsks } from "../../core/server.ts";
import { distinct, serverIdSchema, text, timeoutMs } from "./fields.ts";

const places = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/);
const eraSchema = z.enum(["auto", "session", "stateless"]).default("auto").describe("the era in which the server is spoken to");

const urlSchema = z
  .string()
  .refine(isServerUrl, "an http or https URL without user, password, query and fragment")
  .describe("the URL of the server's MCP endpoint");

function isServerUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && !/[?#]/.test(value);
}

const httpSchema = z
  .strictObject({
    kind: z.literal("http"),
    url: urlSchema.optional(),
    place: places.optional().describe("the name of a place in the configuration"),
    host_class: z.enum(["loopback", "private", "public"]),
    era: eraSchema,
  })
  .refine((http) => (http.url === undefined) !== (http.place === undefined), "either url or place");

/** Spoken with a session always, so there is no era to choose. */
const sseSchema = z
  .strictObject({
    kind: z.literal("sse"),
    url: httpSchema.shape.url,
    place: httpSchema.shape.place,
    host_class: httpSchema.shape.host_class,
  })
  .refine((sse) => (sse.url === undefined) !== (sse.place === undefined), "either url or place");

const argument = z
  .string()
  .max(4096)
  .refine(isWholeArgument, "an argument: $" + "{paths.name} stands for the whole of it or not at all");

/** A path that is spliced into a longer argument could turn into another option. */
function isWholeArgument(value: string): boolean {
  return !value.includes("\0") && (!value.includes("${") || /^\$\{paths\.[a-z][a-z0-9_-]*\}$/.test(value));
}

const stdioSchema = z.strictObject({
  kind: z.literal("stdio"),
  place: places.describe("the name of a place in the configuration, which names the executable"),
  argv: z.array(argument).max(64).default([]).describe("arguments after the executable; no shell sees them"),
  era: eraSchema,
});

/** Headers that say where a request goes, how it is framed, or what MCP call it is. A credential must not overwrite them. */
const reservedHeader =
  /^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|keep-alive|expect|accept.*|mcp-.*|last-event-id|traceparent|tracestate)$/;

const credentialSchema = z
  .discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("none") }),
    z.strictObject({
      mode: z.literal("company"),
      secret: places.describe("the name of a secret in the configuration"),
      header: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
        .refine((header) => !reservedHeader.test(header), "a header that may carry a credential")
        .default("authorization")
        .describe("a header name in lower case"),
      prefix: z
        .string()
        .max(64)
        .regex(/^[\x20-\x7e]*$/)
        .default("Bearer ")
        .describe("what stands before the secret"),
    }),
  ])
  .default({ mode: "none" });

/** As keys of `_meta` are written: a domain read backwards, a slash, a name. */
const extensionId = z
  .string()
  .max(128)
  .regex(/^[a-zA-Z][a-zA-Z0-9-]*(?:\.[a-zA-Z0-9][a-zA-Z0-9-]*)*\/[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?$/)
  .describe("the id of an extension, e.g. io.modelcontextprotocol/tasks");

export const extensionMethodSchema = z
  .string()
  .refine(
    mayBeOfExtension,
    "a method of the extension: a letter, then at most 127 letters, digits and _ / . -; none of the protocol itself, no notification",
  );

export const serverSchema = z.strictObject({
  title: text.optional(),
  owner: text,
  trust: z.enum(["internal", "partner", "public"]),
  environment: text,
  status: z.enum(["proposed", "approved", "deprecated", "retired"]),
  replacement: serverIdSchema.optional().describe("the id of the server to use instead"),
  transport: z.discriminatedUnion("kind", [httpSchema, sseSchema, stdioSchema]),
  credential: credentialSchema,
  timeout_ms: timeoutMs.default(10_000),
  max_result_bytes: z.int().min(1024).max(67_108_864).default(1_048_576).describe("bytes, 1024 to 67108864"),
  max_concurrent: z.int().min(1).max(10_000).default(64).describe("calls in flight at once, 1 to 10000"),
  drift: z.literal("strict").default("strict"),
  asks: distinct(z.enum(serverAsks), "each kind once")
    .default([])
    .describe("what the server may ask of clients at all: any of elicitation, roots, sampling"),
  extensions: distinct(extensionId, "each extension once")
    .default([])
    .describe("extensions of the protocol that are passed through, by id"),
  extension_methods: z
    .record(extensionId, distinct(extensionMethodSchema, "each method once"))
    .default({})
    .describe("requests of these extensions that clients may make at the server's own door: { <extension>: [<method>] }"),
});

/** A server in a bundle also says how its pins were read. */
export const bundledServerSchema = serverSchema.extend({
  pinned: z.strictObject({ era: z.enum(["session", "stateless"]), capabilities: z.record(z.string(), z.unknown()) }).optional(),
});
