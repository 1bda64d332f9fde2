import { expect, test } from "vitest";
import { doorUnderTest } from "./door-under-test.ts";

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

test.each([
  ["", ""],
  ["/mcp", "/mcp"],
  ["/servers/crm/mcp", "/servers/crm/mcp"],
  ["/servers/nobody-knows/mcp", "/servers/nobody-knows/mcp"],
])("the metadata at %s describes that resource, without a token", async (path, resource) => {
  const door = await doorUnderTest();
  const answer = await door.app.inject({ url: `${WELL_KNOWN}${path}`, headers: { host: "gate.example.com" } });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    resource: `https://gate.example.com${resource}`,
    authorization_servers: ["https://idp.example.com"],
    bearer_methods_supported: ["header"],
    resource_name: "Toolgate",
  });
});

test("an id that no server can have, and a foreign host, get none", async () => {
  const door = await doorUnderTest();
  expect((await door.app.inject({ url: `${WELL_KNOWN}/servers/No%22pe/mcp`, headers: { host: "localhost" } })).statusCode).toBe(404);
  expect((await door.app.inject({ url: `${WELL_KNOWN}/mcp`, headers: { host: "evil.example.com" } })).statusCode).toBe(403);
});
