// Run as a child: node recording-stdio-process.ts <folder>. Reads <folder>/script.json before each message, appends what
// it saw to <folder>/received.jsonl, one JSON object a line.
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fill, turn } from "./brain.ts";
import { pour } from "./flood.ts";
import type { BehaveTurn, Message, Script } from "./turn.ts";

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
    if (message.method === undefined) asked.get(message.id)?.(message.result ?? { error: message.error });
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

const asked = new Map<unknown, (answer: unknown) => void>();

/** Asks over the one channel there is, and answers with what it was told. */
function ask({ questions }: BehaveTurn["behaviour"] & { kind: "ask" }, id: unknown): void {
  const answers = Object.entries(questions).map(async ([key, question]) => {
    const own = `question-${asked.size + 1}`;
    const told = new Promise((resolve) => asked.set(own, resolve));
    send(JSON.stringify({ jsonrpc: "2.0", id: own, ...question }));
    return [key, await told] as const;
  });
  void Promise.all(answers).then((all) => {
    const told = Object.fromEntries(all);
    const result = { content: [{ type: "text", text: JSON.stringify(told) }], structuredContent: { answers: told } };
    send(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
}

function behave(next: BehaveTurn): void {
  const { behaviour, id, echo } = next;
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
      for (const message of behaviour.before) send(fill(message, next));
      if (behaviour.noAnswer !== true) send(answer);
      for (const message of behaviour.after ?? []) send(fill(message, next));
      return;
    case "flood": {
      const filled = { ...behaviour, head: behaviour.head?.replaceAll("$ID", JSON.stringify(id)) ?? "" };
      pour(process.stdout, { ...filled, tail: `${behaviour.tail ?? ""}\n` }, { written: 0, over: false });
      return;
    }
    case "drop":
      process.exit(7);
      return;
    case "ask":
      ask(behaviour, id);
      return;
    case "task":
      return void send(JSON.stringify({ jsonrpc: "2.0", id, result: { resultType: "task", ...behaviour.task } }));
    case "status":
    case "stall":
    case "hang":
    case "held":
      return;
  }
}
