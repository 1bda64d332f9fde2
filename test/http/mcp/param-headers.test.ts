import { expect, test } from "vitest";
import type { Answer, ParamHeader } from "../../../src/gateway/index.ts";
import { type DoorUnderTest, doorUnderTest, envelope } from "./door-under-test.ts";

const DECISION = "dec_0" as Answer["decisionId"];

const declared: readonly ParamHeader[] = [
  { path: ["region"], header: "Region" },
  { path: ["tier"], header: "Tier" },
  { path: ["options", "urgent"], header: "Urgent" },
];

/** A door whose gateway knows a tool with these declarations, and carries out what does not contradict itself. */
async function doorWithDeclarations(): Promise<DoorUnderTest> {
  const door = await doorUnderTest();
  door.gateway.answer = ({ repeats }) => {
    const detail = repeats?.(declared);
    return detail === undefined
      ? { kind: "result", text: '{"content":[]}', decisionId: DECISION, era: "session" }
      : { kind: "contradicted", detail, decisionId: DECISION };
  };
  return door;
}

function ask(door: DoorUnderTest, args: Record<string, unknown> | undefined, headers: Record<string, string>) {
  return door.ask("tools/call", { name: "t", ...(args === undefined ? {} : { arguments: args }) }, { headers, meta: envelope() });
}

test.each<[string, Record<string, unknown> | undefined, Record<string, string>]>([
  ["nothing to repeat", undefined, {}],
  ["an argument that is null", { region: null }, {}],
  ["a text", { region: "eu-west" }, { "mcp-param-region": "eu-west" }],
  ["an empty text", { region: "" }, { "mcp-param-region": "" }],
  ["a text in Base64", { region: "Zürich" }, { "mcp-param-region": `=?base64?${Buffer.from("Zürich").toString("base64")}?=` }],
  ["a text that only begins like Base64", { region: "=?base64?SGVsbG8=" }, { "mcp-param-region": "=?base64?SGVsbG8=" }],
  ["a number", { tier: 42 }, { "mcp-param-tier": "42" }],
  ["the same number written otherwise", { tier: 42 }, { "mcp-param-tier": "42.0" }],
  ["a truth value further in", { options: { urgent: false } }, { "mcp-param-urgent": "false" }],
  ["a header that nothing declares", {}, { "mcp-param-other": "x" }],
])("headers that repeat %s are accepted", async (_what, args, headers) => {
  const answer = await ask(await doorWithDeclarations(), args, headers);
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { id: 7, result: { resultType: "complete" } }]);
});

test.each<[string, Record<string, unknown> | undefined, Record<string, string>, string]>([
  ["are missing", { region: "eu" }, {}, "the Mcp-Param-Region header is missing"],
  ["name another text", { region: "eu" }, { "mcp-param-region": "us" }, 'the Mcp-Param-Region header differs from the argument "region"'],
  ["differ in capitals", { region: "eu" }, { "mcp-param-region": "EU" }, "differs"],
  ["come twice", { region: "eu" }, { "mcp-param-region": "eu, eu" }, "differs"],
  ["name another number", { tier: 1 }, { "mcp-param-tier": "10" }, "differs"],
  ["write a number in another base", { tier: 16 }, { "mcp-param-tier": "0x10" }, "differs"],
  ["leave a number out", { tier: 0 }, { "mcp-param-tier": "" }, "differs"],
  ["deny a truth value", { options: { urgent: true } }, { "mcp-param-urgent": "false" }, 'the argument "options.urgent"'],
  ["repeat what is not there", {}, { "mcp-param-region": "eu" }, 'is there, and the argument "region" is not'],
  ["repeat what there is none of", undefined, { "mcp-param-region": "eu" }, "is there"],
  ["repeat null", { region: null }, { "mcp-param-region": "null" }, "is there"],
  ["hold broken Base64", { region: "Hello" }, { "mcp-param-region": "=?base64?SGVsbG8?=" }, "broken Base64"],
])("headers that %s contradict the arguments and are refused", async (_what, args, headers, words) => {
  const answer = await ask(await doorWithDeclarations(), args, headers);
  expect([answer.statusCode, answer.json()]).toMatchObject([
    400,
    { id: 7, error: { code: -32020, message: expect.stringContaining(words), data: { decision: DECISION } } },
  ]);
});

test("what contradicts is told without its value, because it goes into records", async () => {
  const answer = await ask(await doorWithDeclarations(), { region: "secret-a" }, { "mcp-param-region": "secret-b" });
  expect(answer.body).not.toContain("secret");
});

test("a session has no such headers, and none are asked for", async () => {
  const door = await doorWithDeclarations();
  const session = await door.open();
  const message = { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "t", arguments: { region: "eu" } } };
  const answer = await door.say(session, message, { "mcp-param-region": "us" });
  expect(answer.json()).toMatchObject({ result: { content: [] } });
});
