// Run as a child: node recording-stdio-process.ts <folder>. Reads <folder>/script.json before each message, appends what
// it saw to <folder>/received.jsonl, one JSON object a line.
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fill, type Message, type Script, turn } from "./brain.ts";

const folder = process.argv[2] ?? ".";
const record = (entry: unknown) => appendFileSync(`${folder}/received.jsonl`, `${JSON.stringify(entry)}\n`);
const send = (text: string) => process.stdout.write(`${text}\n`);

record({ started: process.pid, environment: process.env, cwd: process.cwd(), argv: process.argv.slice(2) });

function script(): Script & { readonly hello?: string; readonly dieOnDiscover?: boolean; readonly ignoreTerm?: boolean } {
  return JSON.parse(readFileSync(`${folder}/script.json`, "utf8"));
}

if (script().ignoreTerm === true) process.on("SIGTERM", () => record({ signal: "SIGTERM" }));
if (script().hello !== undefined) process.stderr.write(`${script().hello}\n`);

createInterface({ input: process.stdin })
  .on("line", (raw) => {
    const message = JSON.parse(raw) as Message;
    record({ raw });
    if (message.method === "server/discover" && script().dieOnDiscover === true) process.exit(3);
    const next = turn(script(), message);
    if (next.kind === "none") return;
    if (next.kind === "reply") return send(JSON.stringify(next.message));
    behave(next);
  })
  .on("close", () => {
    if (script().ignoreTerm !== true) process.exit(0);
    setInterval(() => {}, 1000);
  });

function behave({ behaviour, id, echo, token }: Extract<ReturnType<typeof turn>, { kind: "behave" }>): void {
  const answer = JSON.stringify({ jsonrpc: "2.0", id, result: echo });
  switch (behaviour.kind) {
    case "echo":
      if (behaviour.delayMs === undefined) send(answer);
      else setTimeout(() => send(answer), behaviour.delayMs);
      return;
    case "result":
      return void send(JSON.stringify({ jsonrpc: "2.0", id, result: behaviour.result }));
    case "error":
      return void send(
        JSON.stringify({ jsonrpc: "2.0", id, error: { code: behaviour.code, message: behaviour.message, data: behaviour.data } }),
      );
    case "raw":
      return void send(behaviour.text.replaceAll("$ID", JSON.stringify(id)));
    case "stream":
      for (const message of behaviour.before) send(fill(message, token));
      if (behaviour.noAnswer !== true) send(answer);
      for (const message of behaviour.after ?? []) send(fill(message, token));
      return;
    case "drop":
      process.exit(7);
      return;
    case "status":
    case "stall":
    case "hang":
      return;
  }
}
