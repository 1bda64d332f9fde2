/** Bytes of one WebAssembly page. */
export const PAGE = 65_536;

const IMPORT_SECTION = 2;
const DATA_SECTION = 11;
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;
const SEGMENT_PASSIVE = 1;
const SEGMENT_OF_MEMORY = 2;
const I32_CONST = 0x41;

/**
 * How many pages of memory a module needs from its host: what its import section asks for (WebAssembly 1.0, section
 * 5.5.5), and room for its data (5.5.14), for which OPA sometimes asks one page too few. The engine does not tell, and a
 * memory smaller than this fails at instantiation: a module of about a hundred packages wants more than the five pages
 * that the npm package gives.
 */
export function importedPages(wasm: Uint8Array): number | undefined {
  const reader: Reader = { bytes: wasm, at: 8 };
  let asked: number | undefined;
  let dataEnd = 0;
  while (reader.at < wasm.length) {
    const id = byte(reader);
    const size = unsigned(reader);
    const next = reader.at + size;
    if (id === IMPORT_SECTION) asked = memoryAmong(reader);
    if (id === DATA_SECTION) dataEnd = endOfData(reader);
    reader.at = next;
  }
  return asked === undefined ? undefined : Math.max(asked, Math.ceil(dataEnd / PAGE));
}

/** Where the last segment with a constant place ends; what is written otherwise is left to the engine to judge. */
function endOfData(reader: Reader): number {
  const count = unsigned(reader);
  let end = 0;
  for (let index = 0; index < count && reader.at < reader.bytes.length; index++) {
    const flags = unsigned(reader);
    if (flags === SEGMENT_OF_MEMORY) unsigned(reader);
    let offset = 0;
    if (flags !== SEGMENT_PASSIVE) {
      if (byte(reader) !== I32_CONST) return end;
      // Signed, but no segment of a memory starts below 0.
      offset = unsigned(reader);
      byte(reader);
    }
    const length = unsigned(reader);
    reader.at += length;
    if (flags !== SEGMENT_PASSIVE) end = Math.max(end, offset + length);
  }
  return end;
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
