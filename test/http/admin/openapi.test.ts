import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { type AdminRoute, adminApi, openApiText } from "../../../src/http/index.ts";
import { smallDoor } from "./small-door.ts";

interface Schema {
  readonly $ref?: string;
  readonly [member: string]: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const document = JSON.parse(openApiText) as Document;
const operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => [path, verb.toUpperCase(), operation] as const),
);

function refsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === "$ref" && typeof member === "string" ? [member] : refsIn(member)));
}

function at(pointer: string): unknown {
  return pointer
    .slice(2)
    .split("/")
    .reduce<unknown>((value, step) => (value as Readonly<Record<string, unknown>> | undefined)?.[step], document);
}

describe("the OpenAPI document", () => {
  it("has a target for each of its references, and no schema that nothing names", () => {
    const refs = new Set(refsIn(document));
    expect(refs.size).toBeGreaterThan(8);
    for (const ref of refs) expect([ref, typeof at(ref)]).toEqual([ref, "object"]);
    expect(Object.keys(document.components.schemas).filter((name) => !refs.has(`#/components/schemas/${name}`))).toEqual([]);
  });

  it("has schemas that a reader of JSON Schema takes, and that judge as the door does", () => {
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    ajv.addSchema({ $id: "doc:", ...document });
    const judge = (name: string) => ajv.compile({ $ref: `doc:#/components/schemas/${name}` });
    for (const name of Object.keys(document.components.schemas)) judge(name);
    const rollout = judge("RolloutRequest");
    expect(rollout({ steps: [{ mode: "shadow" }], why: "try" })).toBe(true);
    for (const odd of [
      { steps: [], why: "try" },
      { steps: [{ mode: "shadow" }] },
      { steps: [{ mode: "shadow", x: 1 }], why: "try" },
      { steps: [{ mode: "shadow" }], why: "" },
    ]) {
      expect(rollout(odd)).toBe(false);
    }
    // Readers of answers must not stumble over a member that is new.
    expect(judge("Whoami")({ id: "a", roles: [], tenant: "t", more: 1 })).toBe(true);
  });

  it("tells each route of the table, and the app serves each of them and no other", async () => {
    const { app } = await smallDoor();
    const table = Object.values<AdminRoute>(adminApi).map(({ method, path }) => `${method} ${path}`);
    expect(operations.map(([path, verb]) => `${verb} ${path}`).sort()).toEqual(table.toSorted());
    for (const [path, verb] of operations)
      expect([path, app.hasRoute({ method: verb as "GET", url: path.replace(/\{(\w+)\}/g, ":$1") })]).toEqual([path, true]);
    const served = app.printRoutes({ commonPrefix: false }).match(/[^\s├└│─]+ \([^)]*\)/g) ?? [];
    const paths = new Set(operations.map(([path]) => path));
    expect(served.length).toBe(paths.size);
  });

  it("tells parameters, bodies and problems of each route as the table has them", () => {
    for (const [path, verb, { operationId, parameters = [], requestBody, responses, security }] of operations) {
      const route: AdminRoute = adminApi[operationId as keyof typeof adminApi];
      expect([route.path, route.method]).toEqual([path, verb]);
      const wanted = [
        ...Object.keys(route.params?.shape ?? {}),
        ...Object.keys(route.query?.shape ?? {}),
        ...(route.ifMatch ? ["If-Match"] : []),
      ];
      expect(parameters.map(({ name }) => name)).toEqual(wanted);
      for (const name of path.match(/(?<=\{)\w+/g) ?? []) expect(parameters).toContainEqual(expect.objectContaining({ name, in: "path" }));
      expect(requestBody === undefined).toBe(route.body === undefined);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining([String(route.status), ...route.problems.map(String)]));
      expect(security).toEqual(route.role === "nobody" ? [] : undefined);
    }
  });

  it("is served without a token, and each operation has a name of its own", async () => {
    const door = await smallDoor();
    const told = await door.ask("GET", "/admin/v1/openapi.json");
    expect([told.status, told.body]).toEqual([200, document]);
    expect(new Set(operations.map(([, , { operationId }]) => operationId)).size).toBe(operations.length);
  });
});
