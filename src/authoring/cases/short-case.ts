import { z } from "zod";

/** The instant of cases that name none: Wednesday, 7 January 2026, 09:00 in UTC. No case depends on the day it is run. */
export const defaultInstant = "2026-01-07T09:00:00Z";

export const instantSchema = z.iso.datetime({ offset: true }).describe(`a time such as ${defaultInstant}`);

const text = z.string().min(1);
const members = z.record(z.string(), z.unknown());
const network = z.strictObject({ ip: text.default("127.0.0.1"), mtls: z.boolean().default(false) });
const client = z.strictObject({ name: text, version: z.string().default("") });
const auth = z.strictObject({
  acr: text.optional(),
  amr: z.array(text).optional(),
  time: z.int().optional().describe("seconds since 1970, as a token says it"),
});
const request = z.strictObject({
  intent: text.optional(),
  confidence: z.number().optional(),
  task: text.optional(),
  dry_run: z.boolean().optional(),
});

/** What of a caller a case may say anew. */
const claims = { client: client.optional(), request: request.optional(), network: network.optional(), auth: auth.optional() };

/** Who asks, as a token says it. */
export const callerSchema = z.strictObject({
  agent: text.describe("the id of an agent in agents.yaml"),
  user: text.optional().describe("the id of the user, left out where the agent acts alone"),
  groups: z.array(text).optional().describe("a list of groups in groups.yaml"),
  email: text.optional(),
  kind: z.enum(["user_via_agent", "agent", "workload"]).optional(),
  ...claims,
});
export type ShortCaller = z.infer<typeof callerSchema>;

const resultSchema = z.strictObject({
  is_error: z.boolean().optional(),
  bytes: z.int().min(0).optional().describe("how large the result is; by default the bytes of structured as JSON"),
  content_types: z.array(text).optional(),
  structured: z.unknown().optional(),
  findings: z.record(z.string(), z.number()).optional(),
});

export const verbs = ["call", "read", "prompt", "list", "connect"] as const;
export type Verb = (typeof verbs)[number];

/** A case in a few lines: who, what, when, and what comes of it. The build writes the input as a gateway would. */
export const shortCaseSchema = z.strictObject({
  name: text.describe("a text that names the case"),
  description: z.string().optional(),
  as: z.union([text, callerSchema]).describe("a name under callers, or { agent, user, groups }"),
  at: instantSchema.optional(),
  call: text.optional().describe("a tool, as server.tool"),
  read: text.optional().describe("the URI of a resource"),
  prompt: text.optional().describe("a prompt, as server.prompt"),
  list: z
    .union([z.literal("all"), z.array(text).min(1)])
    .optional()
    .describe("a list of tools, prompts or URIs, or all for every tool"),
  connect: z
    .union([z.literal(true), text])
    .optional()
    .describe("true, or the id of the server whose door it is"),
  args: members.optional().describe("a table of arguments"),
  drifted: z.boolean().optional(),
  result: resultSchema.optional(),
  ...claims,
  want: z.union([text, members]).describe("a word such as allow, or a table of what is wanted"),
});
export type ShortCase = z.infer<typeof shortCaseSchema>;
