import { Transform } from "node:stream";

/** How names of one server read at the aggregate: `<server>__<name>`. URIs and ids stay as they are. */
export interface Renaming {
  /** The body and headers (name, value, name, value …) as the aggregate wants them. */
  request(body: Buffer, rawHeaders: readonly string[]): { readonly body: Buffer; readonly rawHeaders: readonly string[] };
  /** Takes the server out of the names that a list gives. */
  response(contentType: string): Transform;
}

const named = ["tools/call", "prompts/get"];

export function renaming(server: string): Renaming {
  const prefix = `${server}__`;
  return {
    request(body, rawHeaders) {
      const message = parsed(body.toString());
      const params = record(record(message)?.params);
      const method = record(message)?.method;
      const ref = record(params?.ref);
      const name = named.includes(String(method))
        ? params
        : method === "completion/complete" && ref?.type === "ref/prompt"
          ? ref
          : undefined;
      if (name === undefined) return { body, rawHeaders };
      if (typeof name.name === "string") name.name = prefix + name.name;
      return { body: Buffer.from(JSON.stringify(message)), rawHeaders: name === params ? withName(rawHeaders, prefix) : rawHeaders };
    },
    response(contentType) {
      const rename = (text: string) => renamed(text, prefix);
      return contentType.startsWith("text/event-stream") ? eachLine(rename) : whole(rename);
    },
  };
}

function withName(rawHeaders: readonly string[], prefix: string): string[] {
  const isName = (index: number) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "mcp-name";
  return rawHeaders.map((value, index) => (isName(index) ? prefix + value.trim() : value));
}

/** Text that holds no list stays as it is, byte for byte. */
function renamed(text: string, prefix: string): string {
  const message = parsed(text);
  const result = record(record(message)?.result);
  const items = [result?.tools, result?.prompts].filter(Array.isArray).flat();
  if (items.length === 0) return text;
  for (const item of items) {
    const one = record(item);
    if (typeof one?.name === "string" && one.name.startsWith(prefix)) one.name = one.name.slice(prefix.length);
  }
  return JSON.stringify(message);
}

function eachLine(rename: (text: string) => string): Transform {
  let rest = "";
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      // Bytes of a character may be split over two chunks: they are put together again before they are read.
      for (const line of lines) this.push(`${renamedLine(Buffer.from(line, "latin1").toString(), rename)}\n`);
      done();
    },
    flush(done) {
      if (rest !== "") this.push(renamedLine(Buffer.from(rest, "latin1").toString(), rename));
      done();
    },
  });
}

function renamedLine(line: string, rename: (text: string) => string): string {
  return line.startsWith("data:") ? `data: ${rename(line.slice("data:".length).trim())}` : line;
}

function whole(rename: (text: string) => string): Transform {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    flush(done) {
      this.push(rename(Buffer.concat(chunks).toString()));
      done();
    },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
