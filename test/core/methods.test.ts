import * as v2 from "@modelcontextprotocol/core";
import * as v1 from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { type Method, methods, revisions, serverMessages, targetKinds } from "../../src/core/methods.ts";

const clientTable: Readonly<Record<string, Method>> = methods;
const serverTable: Readonly<Record<string, Method>> = serverMessages;

/** The methods that a union of the SDK's schemas accepts. */
function methodsIn(union: { readonly options: readonly unknown[] }): string[] {
  return union.options.map((option) => (option as { readonly shape: { readonly method: { readonly value: string } } }).shape.method.value);
}

const sdks = [
  ["SDK v1", v1],
  ["SDK v2", v2],
] as const;

test.each(sdks)("every message that %s knows from a client is in the table of methods", (_name, sdk) => {
  for (const method of [...methodsIn(sdk.ClientRequestSchema), ...methodsIn(sdk.ClientNotificationSchema)]) {
    // A client that ran tasks would tell of them; ours declare that they do not.
    if (method === "notifications/tasks/status") continue;
    expect(clientTable[method], method).toMatchObject({ from: "client" });
  }
});

test.each(sdks)("every message that %s knows from a server is in the table of methods", (_name, sdk) => {
  for (const method of [...methodsIn(sdk.ServerRequestSchema), ...methodsIn(sdk.ServerNotificationSchema)]) {
    expect(serverTable[method] ?? clientTable[method], method).toMatchObject({ from: "server" });
  }
});

test("the methods that the SDKs' schemas lack are known by name", () => {
  const known = new Set(
    sdks.flatMap(([, sdk]) =>
      [sdk.ClientRequestSchema, sdk.ClientNotificationSchema, sdk.ServerRequestSchema, sdk.ServerNotificationSchema].flatMap(methodsIn),
    ),
  );
  const lacking = [...Object.keys(methods), ...Object.keys(serverMessages)].filter((method) => !known.has(method));
  expect(lacking.sort()).toEqual(["notifications/tasks", "tasks/update"]);
});

test.each([...Object.entries(methods), ...Object.entries(serverMessages)])("%s has a judge, or a reason to have none", (_name, entry) => {
  const { judge, since, until }: Method = entry;
  expect(revisions.indexOf(since)).toBeLessThanOrEqual(revisions.indexOf(until));
  if (judge.by === "none") expect(judge.because).not.toBe("");
  if (judge.by === "decide" || judge.by === "discover") expect(targetKinds).toContain(judge.kind);
});
