/** The calls of the bench, known to the server that answers them and to the load that checks the answers. */

/** Tools that every caller of the bench is granted. */
export const READ_TOOLS = 100;
/** All tools of the server: what a discovery judges. */
export const ALL_TOOLS = 200;
export const PRINCIPALS = 200;
export const SERVER = "records";

/** Records that the server answers in another way: with so many reports of progress first, or with so large a text. */
export const STREAM_ID = "stream";
export const STREAM_STEPS = 1_000;
export const LARGE_ID = "large";
export const LARGE_BYTES = 1_048_576;

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, unknown>>;
}

/** The first half reads, the second half writes. */
export function toolName(index: number): string {
  const number = String(index % READ_TOOLS).padStart(3, "0");
  return index < READ_TOOLS ? `get_${number}` : `put_${number}`;
}

const inputSchema = {
  type: "object",
  properties: {
    id: { type: "string", maxLength: 64 },
    query: { type: "string", maxLength: 500 },
    limit: { type: "integer", minimum: 1, maximum: 500 },
    region: { type: "string", enum: ["eu", "us", "apac"] },
    verbose: { type: "boolean" },
  },
  required: ["id", "query", "limit", "region"],
  additionalProperties: false,
};

const writeSchema = {
  type: "object",
  properties: {
    target: { type: "string", maxLength: 64 },
    note: { type: "string", maxLength: 500 },
    limit: { type: "integer", minimum: 1, maximum: 500 },
    region: { type: "string", enum: ["eu", "us", "apac"] },
    export: { type: "boolean" },
  },
  required: ["target", "note", "limit", "region", "export"],
  additionalProperties: false,
};

const outputSchema = {
  type: "object",
  properties: { id: { type: "string" }, name: { type: "string" }, score: { type: "integer" }, active: { type: "boolean" } },
  required: ["id", "name", "score", "active"],
};

export function definitions(): readonly ToolDefinition[] {
  return Array.from({ length: ALL_TOOLS }, (_, index) => ({
    name: toolName(index),
    description: index < READ_TOOLS ? `Reads records of collection ${index}.` : `Writes records of collection ${index - READ_TOOLS}.`,
    inputSchema: index < READ_TOOLS ? inputSchema : writeSchema,
    outputSchema,
    annotations: { readOnlyHint: index < READ_TOOLS },
  }));
}

const regions = ["eu", "us", "apac"];

/** Page sizes that callers ask for. */
const limits = [10, 20, 50, 100];
const TOOLS_PER_CALLER = 5;

/** One of `count`, spread so that what is picked for one purpose says nothing about what is picked for another. */
function pick(serial: number, purpose: number, count: number): number {
  let mixed = Math.imul(serial ^ Math.imul(purpose, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % count;
}

/** Who makes call number `serial`. */
export function callerOf(serial: number): number {
  return pick(serial, 1, PRINCIPALS);
}

/** An agent works with a few tools: each caller has its own, and all callers together use every one. */
function toolOf(serial: number): number {
  return (callerOf(serial) * TOOLS_PER_CALLER + pick(serial, 2, TOOLS_PER_CALLER)) % READ_TOOLS;
}

/** The body of call number `serial`: tool and arguments are its own, and so is its id. */
export function callText(serial: number): string {
  const name = `${SERVER}__${toolName(toolOf(serial))}`;
  const query = `orders of week ${1 + pick(serial, 3, 53)}`;
  const args = `{"id":"rec-${serial}","query":"${query}","limit":${limits[pick(serial, 4, limits.length)]},"region":"${regions[pick(serial, 5, 3)]}"}`;
  return `{"jsonrpc":"2.0","id":${serial},"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;
}

/** The result for the record `id`, as the server writes it. */
export function resultText(id: string): string {
  const record = `{"id":"${id}","name":"Record ${id}","score":${id.length * 7},"active":true}`;
  return `{"content":[{"type":"text","text":${JSON.stringify(record)}}],"structuredContent":${record}}`;
}

/** What call number `serial` must be answered with. */
export function answerText(serial: number): string {
  return `{"jsonrpc":"2.0","id":${serial},"result":${resultText(`rec-${serial}`)}}`;
}
