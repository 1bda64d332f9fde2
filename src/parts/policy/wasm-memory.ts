/** Bytes of one WebAssembly page. */
export const PAGE = 65_536;

const IMPORT_SECTION = 2;
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;

/**
 * How many pages of memory a module wants from its host, read from its import section (WebAssembly 1.0, section 5.5.5).
 * The engine does not tell, and a memory smaller than this fails at instantiation: a module of about a hundred packages
 * wants more than the five pages that the npm package gives.
 */
export function importedPages(wasm: Uint8Array): number | undefined {
  const reader: Reader = { bytes: wasm, at: 8 };
  while (reader.at < wasm.length) {
    const id = byte(reader);
    const size = unsigned(reader);
    if (id === IMPORT_SECTION) return memoryAmong(reader);
    reader.at += size;
  }
  return undefined;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function byte(reader: Reader): number {
  return reader.bytes[reader.at++] ?? 0;
}

/** LEB128 of at most 32 bits. */
function unsigned(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const next = byte(reader);
    value += (next & 0x7f) * 2 ** shift;
    if (next < 0x80) break;
  }
  return value;
}

function memoryAmong(reader: Reader): number | undefined {
  const count = unsigned(reader);
  for (let index = 0; index < count && reader.at < reader.bytes.length; index++) {
    for (let name = 0; name < 2; name++) {
      const length = unsigned(reader);
      reader.at += length;
    }
    const kind = byte(reader);
    if (kind === KIND_FUNCTION) unsigned(reader);
    else if (kind === KIND_GLOBAL) reader.at += 2;
    else if (kind === KIND_TABLE) {
      byte(reader);
      limits(reader);
    } else if (kind === KIND_MEMORY) return limits(reader);
    else return undefined;
  }
  return undefined;
}

function limits(reader: Reader): number {
  const flags = byte(reader);
  const initial = unsigned(reader);
  if ((flags & 1) === 1) unsigned(reader);
  return initial;
}
