import { type FileHandle, open } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** Reads a file that may still grow, line by line. Holds one line and one chunk, never the file. */
export class LineReader {
  readonly #handle: FileHandle;
  /** Bytes read so far, whole lines and the rest. */
  offset = 0;
  #rest: Buffer[] = [];

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(path: string): Promise<LineReader> {
    return new LineReader(await open(path, "r"));
  }

  /** The whole lines of the next chunk, without newlines; `undefined` at the end of what is there now. */
  async next(): Promise<Buffer[] | undefined> {
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const { bytesRead } = await this.#handle.read(chunk, 0, CHUNK_BYTES, this.offset);
    if (bytesRead === 0) return undefined;
    this.offset += bytesRead;
    return this.#split(chunk.subarray(0, bytesRead));
  }

  /** Bytes after the last newline. */
  rest(): Buffer {
    return Buffer.concat(this.#rest);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** Begins again at the start of the file. */
  rewind(): void {
    this.offset = 0;
    this.#rest = [];
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #split(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const part = chunk.subarray(start, end);
      lines.push(this.#rest.length === 0 ? part : Buffer.concat([...this.#rest, part]));
      this.#rest = [];
      start = end + 1;
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
    return lines;
  }
}

/** Every whole line of a file; returns the bytes after the last newline. */
export async function* readLines(path: string): AsyncGenerator<Buffer[], Buffer> {
  const reader = await LineReader.open(path);
  try {
    for (let lines = await reader.next(); lines !== undefined; lines = await reader.next()) yield lines;
    return reader.rest();
  } finally {
    await reader.close();
  }
}
