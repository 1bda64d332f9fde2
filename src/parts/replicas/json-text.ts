/** Characters of one message. Whoever listens to Redis and reads slowly is cut off by it at a few megabytes. */
export const MOST_TEXT = 1024 * 1024;

/** JSON text of a payload; what JSON cannot say is null. `undefined` if it is too long to be sent. */
export function textOf(payload: unknown): string | undefined {
  const text = JSON.stringify(payload) ?? "null";
  return text.length > MOST_TEXT ? undefined : text;
}
