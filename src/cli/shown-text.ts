/**
 * What a terminal acts on instead of showing it: control characters, and those that turn the direction of what follows or
 * are seen by nobody. Line breaks, tabs and the joiners of emoji stay.
 */
const acting = /\r(?!\n|$)|(?![\r\n\t\u200b-\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const everyActing = new RegExp(acting, "gu");

/** The colours of our own; among them nothing that hides a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what colour codes begin with
const colours = /(\u001b\[(?:[1-4]|2[2-4]|3[1-69])m)/;

/**
 * A text with such characters spelled out, as JSON spells them: names come from tables, from servers and from results, and
 * JSON that is shown means the same afterwards. Colours stay where there are any.
 */
export function shownText(text: string, colour: boolean): string {
  if (!acting.test(text)) return text;
  if (!colour) return spelled(text);
  return text
    .split(colours)
    .map((part, at) => (at % 2 === 1 ? part : spelled(part)))
    .join("");
}

function spelled(text: string): string {
  return text.replace(everyActing, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}

export { oneLine } from "../core/one-line.ts";
