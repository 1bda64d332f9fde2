// Run as a child: node raw-stdio-process.ts <session|stateless> [old]. Speaks over stdio and does what its tools are named after.
import { createInterface } from "node:readline";

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Readonly<Record<string, unknown>>; readonly [member: string]: unknown };
}

const era = process.argv[2];
const old = process.argv[3] === "old";
const received: Message[] = [];
const held: unknown[] = [];
const asking = new Map<unknown, unknown>();
let initialized = false;

const send = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const reply = (id: unknown, result: object) => send({ id, result: era === "stateless" ? { resultType: "complete", ...result } : result });
const capabilities = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} };

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line) as Message;
  received.push(message);
  const { id, method, params } = message;
  if (method === undefined) {
    const call = asking.get(id);
    asking.delete(id);
    if (call !== undefined) reply(call, { content: [], answer: message });
    return;
  }
  // As some servers of 2025: anything before initialize is a fault that nothing is said about.
  if (old && !initialized && method !== "initialize") return;
  if (id === undefined) return;
  if (method === "initialize" && era === "session") {
    initialized = true;
    reply(id, { protocolVersion: "2025-11-25", capabilities, serverInfo: { name: "raw", version: "1" } });
  } else if (method === "server/discover" && era === "stateless") reply(id, { supportedVersions: ["2026-07-28"], capabilities });
  else if (method === "tools/list") reply(id, { tools: [{ name: "echo", inputSchema: {} }] });
  else if (method === "resources/list") reply(id, { resources: [] });
  else if (method === "resources/templates/list") reply(id, { resourceTemplates: [] });
  else if (method === "tools/call") tool(id, params?.name ?? "", params?.arguments ?? {});
  else if (method === "resources/subscribe" || method === "resources/unsubscribe") reply(id, {});
  else if (method !== "subscriptions/listen") send({ id, error: { code: -32601, message: "Method not found" } });
});

function tool(id: unknown, name: string, args: Readonly<Record<string, unknown>>): void {
  switch (name) {
    case "ask":
      asking.set("q", id);
      send({ id: "q", method: "elicitation/create", params: { message: "Who?", requestedSchema: {} } });
      return;
    case "hold":
      held.push(id);
      return;
    case "release":
      for (const one of held.splice(0)) reply(one, { content: [] });
      reply(id, { content: [] });
      return;
    case "log":
      send({ method: "notifications/message", params: { level: "info", data: "whose?" } });
      reply(id, { content: [] });
      return;
    case "update":
      send({ method: "notifications/resources/updated", params: { uri: args.uri } });
      reply(id, { content: [] });
      return;
    case "twice":
      reply(id, { content: ["first"] });
      reply(id, { content: ["second"] });
      return;
    case "flood": {
      // A line without an end in sight: it is dropped while it comes.
      const part = "x".repeat(1_000_000);
      process.stdout.write(`{"jsonrpc":"2.0","id":${String(id)},"result":{"content":["`);
      for (let i = 0; i < Number(args.megabytes); i++) process.stdout.write(part);
      process.stdout.write('"]}}\n');
      return;
    }
    case "end":
      process.exit(3);
      return;
    default:
      reply(id, { content: [], received });
  }
}
