import { z } from "zod";
import type { OperatorRole } from "../../core/operations.ts";
import {
  digestSchema,
  operationsStateSchema,
  type problemSchema,
  quarantinedSchema,
  quarantineListSchema,
  recordsSchema,
  stagedBundleSchema,
  statusSchema,
  wantedQuarantineSchema,
  wantedRolloutSchema,
  whoamiSchema,
  whyBodySchema,
  whySchema,
} from "./words.ts";

/** Media types in which a bundle may be sent; the first one is that of answers. */
export const bundleTypes = ["application/vnd.openpolicyagent.bundles", "application/gzip"] as const;

/** One route of the admin API: what Fastify serves, the OpenAPI document tells and the commands call. */
export interface AdminRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  /** What the desk wants of the operator. `operator`: any that the table names. `nobody`: no token. */
  readonly role: OperatorRole | "any" | "nobody";
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** A JSON body; `"bundle"` for the bytes of one. */
  readonly body?: z.ZodObject | "bundle";
  readonly status: 200 | 201;
  /** A JSON answer; `"bundle"` for the bytes of one, `"openapi"` for this very description. */
  readonly answer: z.ZodObject | "bundle" | "openapi";
  /** Statuses of problems beyond those that every route has (400, 401, 403, 500, 503). */
  readonly problems: readonly (404 | 409 | 412 | 413 | 415 | 422)[];
  /** Honours `If-Match` with the `ETag` of the status: 412 if somebody was faster. */
  readonly ifMatch?: true;
  /** Its answer has the version of the state as `ETag`. */
  readonly etag?: true;
}

const digestParams = z.strictObject({ digest: digestSchema });
const quarantineParams = z.strictObject({
  id: z
    .string()
    .regex(/^qua_[0-9a-f-]{36}$/)
    .describe("`qua_…`"),
});
const decisionParams = z.strictObject({
  id: z
    .string()
    .regex(/^dec_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
    .describe("id of a decision, `dec_…`"),
});

export const adminApi = {
  whoami: {
    method: "GET",
    path: "/admin/v1/whoami",
    summary: "Who the table of operators takes the bearer for.",
    role: "any",
    status: 200,
    answer: whoamiSchema,
    problems: [],
  },
  status: {
    method: "GET",
    path: "/admin/v1/status",
    summary: "What is promoted, under way, held and quarantined, what was counted, and how far each replica is.",
    role: "viewer",
    status: 200,
    answer: statusSchema,
    problems: [],
    etag: true,
  },
  stageBundle: {
    method: "POST",
    path: "/admin/v1/bundles",
    summary: "Brings a bundle: it is verified, prepared and kept, and nothing more.",
    role: "operator",
    body: "bundle",
    status: 201,
    answer: stagedBundleSchema,
    problems: [413, 415, 422],
  },
  readBundle: {
    method: "GET",
    path: "/admin/v1/bundles/{digest}",
    summary: "The bytes of a bundle that a record names. The look is recorded.",
    role: "auditor",
    params: digestParams,
    status: 200,
    answer: "bundle",
    problems: [404],
  },
  startRollout: {
    method: "POST",
    path: "/admin/v1/rollout",
    summary: "Begins a rollout, or takes the one of the same bundle that is under way into these steps.",
    role: "operator",
    body: wantedRolloutSchema,
    status: 200,
    answer: operationsStateSchema,
    problems: [409, 412, 413, 415, 422],
    ifMatch: true,
    etag: true,
  },
  promote: {
    method: "POST",
    path: "/admin/v1/rollout/promote",
    summary: "Makes the candidate what everybody decides with. There is no way back to a lower sequence.",
    role: "operator",
    body: whyBodySchema,
    status: 200,
    answer: operationsStateSchema,
    problems: [409, 412, 413, 415, 422],
    ifMatch: true,
    etag: true,
  },
  rollBack: {
    method: "POST",
    path: "/admin/v1/rollout/rollback",
    summary: "Ends the rollout; the promoted bundle decides for all.",
    role: "operator",
    body: whyBodySchema,
    status: 200,
    answer: operationsStateSchema,
    problems: [409, 412, 413, 415],
    ifMatch: true,
    etag: true,
  },
  listQuarantine: {
    method: "GET",
    path: "/admin/v1/quarantine",
    summary: "What is quarantined at this instant.",
    role: "viewer",
    status: 200,
    answer: quarantineListSchema,
    problems: [],
  },
  quarantine: {
    method: "POST",
    path: "/admin/v1/quarantine",
    summary: "Refuses an agent, user, server, tool or session whatever policy says, on all replicas. The same thing twice is one entry.",
    role: "operator",
    body: wantedQuarantineSchema,
    status: 201,
    answer: quarantinedSchema,
    problems: [404, 413, 415],
  },
  liftQuarantine: {
    method: "DELETE",
    path: "/admin/v1/quarantine/{id}",
    summary: "Lifts a quarantine; the answer is what was lifted.",
    role: "operator",
    params: quarantineParams,
    query: z.strictObject({ why: whySchema }),
    status: 200,
    answer: quarantinedSchema,
    problems: [404],
  },
  readDecision: {
    method: "GET",
    path: "/admin/v1/decisions/{id}",
    summary: "Every record of a decision from the logs of all replicas. The look is recorded.",
    role: "auditor",
    params: decisionParams,
    status: 200,
    answer: recordsSchema,
    problems: [404],
  },
  openapi: {
    method: "GET",
    path: "/admin/v1/openapi.json",
    summary: "This description.",
    role: "nobody",
    status: 200,
    answer: "openapi",
    problems: [],
  },
} as const satisfies Readonly<Record<string, AdminRoute>>;

export type AdminApi = typeof adminApi;
export type AdminRouteName = keyof AdminApi;

export type Whoami = z.infer<typeof whoamiSchema>;
export type StatusAnswer = z.infer<typeof statusSchema>;
export type StagedAnswer = z.infer<typeof stagedBundleSchema>;
export type QuarantinedAnswer = z.infer<typeof quarantinedSchema>;
/** As it is sent: what has a default may be left out. */
export type RolloutBody = z.input<typeof wantedRolloutSchema>;
export type QuarantineBody = z.input<typeof wantedQuarantineSchema>;
export type Problem = z.infer<typeof problemSchema>;
export { problemSchema } from "./words.ts";
