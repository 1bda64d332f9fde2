import { isMap, isScalar, parseDocument } from "yaml";
import { insertEntry } from "./insert-entry.ts";

/**
 * Sets one member of a table in custom.yaml, unless it stands there already. One that says false is switched on, because
 * somebody asks for it now. Undefined where the table is none.
 */
export function setSwitch(text: string, path: readonly string[], key: string, value: string): string | undefined {
  const document = parseDocument(text);
  const map: unknown = document.getIn(path, true);
  if (map === undefined) return undefined;
  const node: unknown = isMap(map) ? map.get(key, true) : undefined;
  if (node === undefined) return insertEntry(text, path, [`${keyText(key)}: ${value}`]);
  if (!isScalar(node) || node.value !== false || !node.range) return text;
  return `${text.slice(0, node.range[0])}${value}${text.slice(node.range[1])}`;
}

/** A key as YAML reads it back: plain where nothing in it means something. */
export function keyText(key: string): string {
  return /^[A-Za-z][A-Za-z0-9_.-]*$/.test(key) && !/^(true|false|null|yes|no|on|off)$/i.test(key) ? key : JSON.stringify(key);
}
