import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningCrm, startCrm } from "../../src/demo/crm/index.ts";
import { startProcess } from "./support-process.ts";

const secret = "company-secret";
let folder: string;
let crm: RunningCrm;
const clients: Client[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crm-"));
  crm = await startCrm({ port: 0, secret, journalFile: join(folder, "journal.jsonl") });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await crm.stop();
  await rm(folder, { recursive: true });
});

/** `onStream` is called once the client's stream for notifications is open. */
async function connect(url = crm.url, onStream = () => {}): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  const headers = { authorization: `Bearer ${secret}` };
  const watched: typeof fetch = async (target, init) => {
    const response = await fetch(target, init);
    if (init?.method === "GET") onStream();
    return response;
  };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch: watched }) as Transport);
  clients.push(client);
  return client;
}

describe("the demo crm", () => {
  it("lists its five tools with schemas of what they take and give", async () => {
    const { tools } = await (await connect()).listTools();
    expect(tools.map((tool) => tool.name).sort()).toEqual([
      "export_customers",
      "get_customer",
      "refund",
      "search_customers",
      "update_customer",
    ]);
    for (const tool of tools) expect(tool).toMatchObject({ inputSchema: { type: "object" }, outputSchema: { type: "object" } });
  });

  it("reads, finds, changes and exports customers, structured and as text", async () => {
    const client = await connect();
    const call = (name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args });
    const first = await call("get_customer", { id: "C-1" });
    const customer = { id: "C-1", name: expect.any(String), email: expect.any(String), iban: expect.stringMatching(/^DE\d{20}$/) };
    expect(first.structuredContent).toEqual({ customer });
    expect(first.content).toEqual([{ type: "text", text: JSON.stringify(first.structuredContent) }]);
    const found = (await call("search_customers", { query: "SMITH", limit: 3 })).structuredContent as { customers: object[] };
    expect(found.customers).toHaveLength(3);
    for (const one of found.customers) expect(one).not.toHaveProperty("iban");
    await call("update_customer", { id: "C-1", fields: { email: "new@customers.example" } });
    expect((await call("get_customer", { id: "C-1" })).structuredContent).toMatchObject({ customer: { email: "new@customers.example" } });
    expect((await call("export_customers")).structuredContent).toMatchObject({ customers: { length: 400 } });
  });

  it("pays refunds, and answers an unknown customer with an error of the tool", async () => {
    const client = await connect();
    const paid = await client.callTool({ name: "refund", arguments: { ticket: "T-1", customer: "C-1", amount: 40 } });
    expect(paid.structuredContent).toEqual({ refund: { id: "R-1", ticket: "T-1", customer: "C-1", amount: 40 } });
    expect(await client.callTool({ name: "refund", arguments: { ticket: "T-1", customer: "C-0", amount: 40 } })).toMatchObject({
      isError: true,
    });
    expect(await client.callTool({ name: "get_customer", arguments: { id: "C-0" } })).toMatchObject({ isError: true });
  });

  it("refuses every request without the company secret, also for its journal", async () => {
    const wrong = [undefined, "", "Bearer ", "Bearer company-secreT", `bearer ${secret}`, secret];
    for (const url of [crm.url, crm.journalUrl]) {
      for (const authorization of wrong) {
        const response = await fetch(url, { headers: authorization === undefined ? {} : { authorization } });
        expect(response.status, `${url} ${authorization}`).toBe(401);
      }
    }
    expect((await fetch(crm.journalUrl, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
  });

  it("keeps a journal of what it received, in a file and by HTTP", async () => {
    const client = await connect();
    await fetch(crm.url, { method: "POST", body: "{}" });
    await client.callTool({ name: "get_customer", arguments: { id: "C-2" }, _meta: { "toolgate/decision": "dec_1" } });
    const calls = crm.journal().filter((entry) => entry.method === "tools/call");
    expect(calls).toMatchObject([{ tool: "get_customer", arguments: { id: "C-2" }, meta: { "toolgate/decision": "dec_1" } }]);
    expect(crm.journal().filter((entry) => entry.method === "refused")).toHaveLength(1);
    const lines = crm.journal().map((entry) => `${JSON.stringify(entry)}\n`);
    expect(await readFile(join(folder, "journal.jsonl"), "utf8")).toBe(lines.join(""));
    const remote = await fetch(crm.journalUrl, { headers: { authorization: `Bearer ${secret}` } });
    expect(await remote.text()).toBe(lines.join(""));
  });

  it("changes the description of one tool at run time and tells its sessions", async () => {
    const stream = Promise.withResolvers<void>();
    const client = await connect(crm.url, stream.resolve);
    await stream.promise;
    const description = async (): Promise<string | undefined> =>
      (await client.listTools()).tools.find((tool) => tool.name === "export_customers")?.description;
    const before = await description();
    const told = new Promise<void>((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()));
    const after = crm.toggleExport();
    await told;
    expect(after).not.toBe(before);
    expect(await description()).toBe(after);
    expect(await (await connect()).listTools()).toMatchObject({
      tools: expect.arrayContaining([expect.objectContaining({ description: after })]),
    });
    expect(crm.toggleExport()).toBe(before);
  });

  it("answers rubbish and unknown sessions with an error and goes on", async () => {
    const headers = {
      authorization: `Bearer ${secret}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    expect((await fetch(crm.url, { method: "POST", headers, body: "{" })).status).toBe(400);
    const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    expect((await fetch(crm.url, { method: "POST", headers: { ...headers, "mcp-session-id": "nobody" }, body: ping })).status).toBe(404);
    expect((await (await connect()).listTools()).tools).toHaveLength(5);
  });

  it("runs as a process of its own, changes on SIGUSR2, ends on SIGTERM, and does not start without a secret", async () => {
    const child = startProcess("src/demo/crm/main.ts", ["--port", "0"], { CRM_SECRET: secret });
    try {
      const ready = (await child.line()) as { ready: boolean; url: string };
      expect(ready).toMatchObject({ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/) });
      const client = await connect(ready.url);
      child.kill("SIGUSR2");
      expect(await child.line()).toMatchObject({ changed: true, tool: "export_customers" });
      expect((await client.listTools()).tools).toHaveLength(5);
      child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
      expect(child.errors()).toBe("");
    } finally {
      child.kill("SIGKILL");
    }
    const mute = startProcess("src/demo/crm/main.ts", ["--port", "0"]);
    expect(await mute.exited).toBe(1);
    expect(mute.errors()).toContain("CRM_SECRET is missing");
  });
});
