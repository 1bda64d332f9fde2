import fc from "fast-check";
import { expect, test } from "vitest";
import { doorUnderTest, envelope, SESSION_VERSION, STATELESS_VERSION } from "./door-under-test.ts";

const METHODS = [
  "initialize",
  "ping",
  "tools/list",
  "tools/call",
  "server/discover",
  "resources/read",
  "resources/subscribe",
  "resources/templates/list",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "tasks/update",
  "notifications/cancelled",
  "constructor",
  "__proto__",
];
const version = fc.constantFrom(STATELESS_VERSION, SESSION_VERSION, "2024-11-05", "2027-01-01", "x");
const meta = fc.oneof(
  fc.constant(envelope()),
  fc.jsonValue(),
  fc.constant({ progressToken: 1 }),
  fc.constant({ "toolgate/request": { dryRun: 1 } }),
);
const params = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      name: fc.oneof(fc.string(), fc.jsonValue()),
      arguments: fc.jsonValue(),
      cursor: fc.jsonValue(),
      uri: fc.oneof(fc.string(), fc.jsonValue()),
      ref: fc.jsonValue(),
      argument: fc.jsonValue(),
      level: fc.constantFrom("info", "loud", 5),
      taskId: fc.jsonValue(),
      inputResponses: fc.jsonValue(),
      requestState: fc.jsonValue(),
      _meta: meta,
      requestId: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
);
const message = fc.record(
  {
    jsonrpc: fc.constantFrom("2.0", "2.0", "2.0", "1.0"),
    id: fc.oneof(fc.nat(), fc.string(), fc.jsonValue()),
    method: fc.oneof(fc.constantFrom(...METHODS), fc.string(), fc.jsonValue()),
    params,
    result: fc.jsonValue(),
    error: fc.jsonValue(),
  },
  { requiredKeys: ["jsonrpc"] },
);
const body = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  message.map((value) => JSON.stringify(value)),
  fc.string(),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);
const headers = fc.record(
  {
    "mcp-protocol-version": version,
    "mcp-method": fc.constantFrom(...METHODS),
    "mcp-name": fc.constantFrom("t", "=?base64?dA==?=", "=?base64?!?="),
  },
  { requiredKeys: [] },
);

/** `subscriptions/listen` is not among the methods: its answer does not end by itself. */
test("whatever is sent, the answer is a protocol answer and never a bug", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  await fc.assert(
    fc.asyncProperty(body, headers, fc.boolean(), async (sent, more, inSession) => {
      const answer = await door.post(sent, { ...more, ...(inSession ? { "mcp-session-id": session } : {}) });
      expect(answer.statusCode).toBeOneOf([200, 202, 400, 404, 429]);
      if (answer.statusCode === 202) {
        expect(answer.body).toBe("");
        return;
      }
      const told = answer.json();
      expect(told.jsonrpc).toBe("2.0");
      expect("result" in told).toBe(!("error" in told));
      if (told.error) expect(told.error).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
    }),
    { numRuns: 1500 },
  );
});
