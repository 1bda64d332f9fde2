/** A text on one line: a line break in a name would begin a line of its own, which CI may take for a command. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}
