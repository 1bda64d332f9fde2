import { appendFileSync, writeFileSync } from "node:fs";

/** One JSON-RPC message as it arrived, or a request that was turned away. */
export interface JournalEntry {
  readonly at: string;
  /** JSON-RPC method, or `refused` for a request without the secret. */
  readonly method: string;
  readonly tool?: string;
  readonly arguments?: unknown;
  readonly meta?: unknown;
}

/** What the crm received, in order: in memory, and as JSON lines in a file if one is named. */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #file: string | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
    if (file !== undefined) writeFileSync(file, "");
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  message(message: unknown): void {
    for (const one of Array.isArray(message) ? message : [message]) this.#add(entryOf(one));
  }

  refused(): void {
    this.#add({ at: new Date().toISOString(), method: "refused" });
  }

  #add(entry: JournalEntry): void {
    this.#entries.push(entry);
    if (this.#file !== undefined) appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
  }
}

function entryOf(message: unknown): JournalEntry {
  const at = new Date().toISOString();
  const method = memberOf(message, "method");
  if (typeof method !== "string") return { at, method: "response" };
  const params = memberOf(message, "params");
  const meta = memberOf(params, "_meta");
  const tool = memberOf(params, "name");
  return {
    at,
    method,
    ...(method === "tools/call" && typeof tool === "string" ? { tool, arguments: memberOf(params, "arguments") } : {}),
    ...(meta === undefined ? {} : { meta }),
  };
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
