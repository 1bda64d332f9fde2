import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { renaming } from "./rename.ts";

const { request, response } = renaming("ref");

function asked(message: object, rawHeaders: readonly string[] = []) {
  const { body, rawHeaders: headers } = request(Buffer.from(JSON.stringify(message)), rawHeaders);
  return { message: JSON.parse(body.toString()) as unknown, headers };
}

function answered(contentType: string, chunks: readonly Buffer[]): Promise<string> {
  return text(Readable.from(chunks).pipe(response(contentType)));
}

describe("a request on its way to the aggregate", () => {
  test.each(["tools/call", "prompts/get"])("%s has the server in front of its name, in body and header", (method) => {
    const { message, headers } = asked({ id: 1, method, params: { name: "greet" } }, ["Host", "a", "Mcp-Name", "greet", "Accept", "b"]);
    expect(message).toEqual({ id: 1, method, params: { name: "ref__greet" } });
    expect(headers).toEqual(["Host", "a", "Mcp-Name", "ref__greet", "Accept", "b"]);
  });

  test("a completion for a prompt names the prompt so, one for a resource stays", () => {
    const params = { ref: { type: "ref/prompt", name: "greet" }, argument: { name: "greet", value: "" } };
    expect(asked({ method: "completion/complete", params }).message).toEqual({
      method: "completion/complete",
      params: { ...params, ref: { type: "ref/prompt", name: "ref__greet" } },
    });
    const resource = { method: "completion/complete", params: { ref: { type: "ref/resource", uri: "test://a" } } };
    expect(asked(resource).message).toEqual(resource);
  });

  test("what names no tool or prompt keeps its bytes", () => {
    for (const body of ['{"method" : "resources/read", "params": {"uri":"test://a","name":"x"}}', "no JSON", "", "[1]"]) {
      const bytes = Buffer.from(body);
      expect(request(bytes, ["mcp-name", "test://a"])).toEqual({ body: bytes, rawHeaders: ["mcp-name", "test://a"] });
    }
  });
});

describe("an answer of the aggregate", () => {
  const list = { jsonrpc: "2.0", id: 1, result: { tools: [{ name: "ref__grüße" }, { name: "other__x" }] } };
  const wanted = { jsonrpc: "2.0", id: 1, result: { tools: [{ name: "grüße" }, { name: "other__x" }] } };

  test("loses the server in the names of a list", async () => {
    expect(JSON.parse(await answered("application/json", [Buffer.from(JSON.stringify(list))]))).toEqual(wanted);
  });

  test("loses it on a stream too, wherever the chunks are cut", async () => {
    const stream = Buffer.from(`id: 1\ndata: \n\nevent: message\ndata: ${JSON.stringify(list)}\n\n: still here\n\n`);
    const whole = `id: 1\ndata: \n\nevent: message\ndata: ${JSON.stringify(wanted)}\n\n: still here\n\n`;
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(await answered("text/event-stream", [stream.subarray(0, cut), stream.subarray(cut)])).toBe(whole);
    }
  });

  test("keeps its bytes where there is no list", async () => {
    for (const body of ['{"id": 1, "result": {"content": [{"name":"ref__a"}]}}', "no JSON", ""]) {
      expect(await answered("application/json", [Buffer.from(body)])).toBe(body);
    }
  });
});
