import { z } from "zod";
import { type AdminRoute, adminApi, bundleTypes } from "./api.ts";
import {
  operationsStateSchema,
  problemSchema,
  quarantinedSchema,
  quarantineListSchema,
  recordsSchema,
  rolloutSchema,
  stagedBundleSchema,
  statusSchema,
  wantedQuarantineSchema,
  wantedRolloutSchema,
  whoamiSchema,
  whyBodySchema,
} from "./words.ts";

// The same table that the door serves, told as OpenAPI 3.1. Nothing of it is written by hand.

type Json = Readonly<Record<string, unknown>>;

/** What is sent, as it may be written: members with a default may be left out. */
const sent = { RolloutRequest: wantedRolloutSchema, WhyRequest: whyBodySchema, QuarantineRequest: wantedQuarantineSchema };
const answered = {
  Whoami: whoamiSchema,
  Status: statusSchema,
  StagedBundle: stagedBundleSchema,
  Rollout: rolloutSchema,
  State: operationsStateSchema,
  Quarantine: quarantinedSchema,
  QuarantineList: quarantineListSchema,
  DecisionRecords: recordsSchema,
  Problem: problemSchema,
};

const refTo = (name: string): string => `#/components/schemas/${name}`;

const everyProblem = {
  400: "The request makes no sense; `mistakes` says where.",
  401: "No token, or one that is not taken.",
  403: "The table of operators does not name the caller, or gives it another role; or Host or Origin is not one of this gateway.",
  500: "A defect of the gateway.",
  503: "It cannot be done or recorded at the moment; nothing was done unless `code` is `gateway.outcome_unrecorded`.",
} as const;

const problems: Readonly<Record<number, string>> = {
  ...everyProblem,
  404: "There is no such thing.",
  409: "It does not fit to the state as it is.",
  412: "The state changed since the version of `If-Match`; nothing was done.",
  413: "The body is too large.",
  415: "The body has another content type.",
  422: "The bundle was refused, or the rollout makes no sense.",
};

/** The document, as JSON text. */
export const openApiText: string = `${JSON.stringify(openApi(), undefined, 2)}\n`;

function openApi(): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "Toolgate admin API",
      version: "1",
      summary: "What operators do to a running gateway.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
    paths: paths(),
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      schemas: { ...schemasOf(sent, "input"), ...schemasOf(answered, "output") },
    },
  };
}

function schemasOf(named: Readonly<Record<string, z.ZodType>>, io: "input" | "output"): Json {
  const registry = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    ...{ uri: refTo, io },
    // Answers may have more members one day: nobody's reader should refuse them then.
    override: ({ jsonSchema }) => {
      if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _, $id: __, ...own } = schema;
      return [id, own];
    }),
  );
}

function paths(): Json {
  const all: Record<string, Record<string, Json>> = {};
  for (const [name, route] of Object.entries<AdminRoute>(adminApi)) {
    const { path, method } = route;
    all[path] = { ...all[path], [method.toLowerCase()]: operation(name, route) };
  }
  return all;
}

function operation(name: string, route: AdminRoute): Json {
  const { summary, role, body } = route;
  const parameters = [...parametersOf(route, "path"), ...parametersOf(route, "query"), ...conditionOf(route)];
  return {
    operationId: name,
    summary,
    ...(role === "nobody" ? { security: [] } : { "x-toolgate-role": role }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body, sent) } }),
    responses: { [route.status]: success(route), ...failures(route) },
  };
}

function parametersOf(route: AdminRoute, where: "path" | "query"): readonly Json[] {
  const schema = where === "path" ? route.params : route.query;
  return Object.entries(schema?.shape ?? {}).map(([name, member]) => {
    const { $schema: _, description, ...own } = z.toJSONSchema(member as z.ZodType);
    return { name, in: where, required: true, ...(description === undefined ? {} : { description }), schema: own };
  });
}

function conditionOf({ ifMatch }: AdminRoute): readonly Json[] {
  if (ifMatch !== true) return [];
  const description = "`ETag` of the status that the operator saw; nothing is done if the state has changed since";
  return [{ name: "If-Match", in: "header", required: false, description, schema: { type: "string" } }];
}

function success(route: AdminRoute): Json {
  const headers = { ETag: { description: "version of the state", schema: { type: "string" } } };
  const content =
    route.answer === "openapi" ? { "application/json": { schema: { type: "object" } } } : contentOf(route.answer, answered, bundleTypes[0]);
  return { description: route.status === 201 ? "It is there." : "Done.", ...(route.etag === true ? { headers } : {}), content };
}

function contentOf(
  shape: z.ZodObject | "bundle",
  named: Readonly<Record<string, z.ZodType>>,
  ...types: readonly string[]
): Readonly<Record<string, Json>> {
  if (shape === "bundle") {
    // OpenAPI 3.1 tells bytes by their media type alone.
    return Object.fromEntries((types.length > 0 ? types : bundleTypes).map((type) => [type, {}]));
  }
  const [name] = Object.entries(named).find(([, schema]) => schema === shape) ?? [];
  if (name === undefined) throw new Error("a schema of a route has no name in the OpenAPI document");
  return { "application/json": { schema: { $ref: refTo(name) } } };
}

function failures({ role, problems: own }: AdminRoute): Json {
  const common = Object.keys(everyProblem).map(Number);
  const statuses = role === "nobody" ? [403, 500] : [...common, ...own].sort((a, b) => a - b);
  const content = { "application/problem+json": { schema: { $ref: refTo("Problem") } } };
  return Object.fromEntries(statuses.map((status) => [status, { description: problems[status] ?? "", content }]));
}
