import { visible } from "../../pins/index.ts";
import { textsOf } from "../definition-texts.ts";
import { itemText, type Linted, type LintFinding, type LintItem, type LintRule } from "../finding.ts";
import { mixedWords, plainText, unseenIn } from "../plain-text.ts";
import { instructionIn } from "./instructions.ts";

const LONGEST_SNIPPET = 100;
/** Longer than anybody reads before approving. */
const LONGEST_TEXT = 4_000;

type Found = Omit<LintFinding, "rule" | "level">;

/** Looks at every text of every item. `look` says what is wrong with one, in words that show the place. */
function inTexts(look: (text: string, item: LintItem) => string | undefined, wanted: string): LintRule["find"] {
  return function* ({ items }): Generator<Found> {
    for (const item of items) {
      for (const { path, text } of textsOf(item)) {
        const found = look(text, item);
        if (found !== undefined) yield { item: itemText(item), path, found, wanted };
      }
    }
  };
}

function snippet(text: string, at: number): string {
  const from = Math.max(0, at - 20);
  const cut = visible(text.slice(from, from + LONGEST_SNIPPET).replace(/\s+/g, " "));
  return `${from > 0 ? "…" : ""}${cut}${from + LONGEST_SNIPPET < text.length ? "…" : ""}`;
}

function instructing(text: string): string | undefined {
  const found = instructionIn(text);
  return found && `a text that ${found.what}: "${snippet(found.reading, found.at)}"`;
}

/** Titles and descriptions of one definition, in the order in which a model reads them. */
const prose = /(?:^|\.)(?:title|description)$/;

function* instructingTogether({ items }: Linted): Generator<Found> {
  for (const item of items) {
    const texts = [...textsOf(item)].filter(({ path, text }) => prose.test(path) && !/^(?:title|description)$/.test(text)).reverse();
    if (texts.length < 2 || texts.some(({ text }) => instructionIn(text) !== undefined)) continue;
    // A sentence that ended is not carried on by the next text.
    const found = instructing(texts.map(({ text }) => (/[.!?:;]\s*$/.test(text) ? text : text.trimEnd())).join(" "));
    if (found !== undefined)
      yield { item: itemText(item), path: "", found: `${found}, put together of ${texts.length} texts`, wanted: noOrders };
  }
}

const noOrders = "a text that says what it is about, and orders nothing";

function* everyInstruction(linted: Linted): Generator<Found> {
  yield* inTexts(instructing, noOrders)(linted);
  yield* instructingTogether(linted);
}

function hidden(text: string): string | undefined {
  const characters = unseenIn(text);
  if (characters.length > 0) return `characters that nobody sees: ${characters.slice(0, 5).map(visible).join(" ")}`;
  if (text.includes("<!--") || /^[ \t]{0,8}\[[^\]\n]{1,20}\]:[ \t]{0,8}(?:#|<>)/m.test(text)) return "a comment that a page would not show";
  if (/<[a-z][^>]{0,200}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0)/i.test(text))
    return "an element that a page would not show";
  if (/ {60,}|\t{20,}|(?:\r?\n[ \t]*){12,}/.test(text)) return "blanks that push what follows out of sight";
  return undefined;
}

function lookAlike(text: string): string | undefined {
  const mixed = mixedWords(text);
  if (mixed.length === 0) return undefined;
  return mixed
    .slice(0, 3)
    .map((word) => `"${word}", which reads as "${plainText(word)}"`)
    .join(", ");
}

function leading(text: string): string | undefined {
  const image = /!\[[^\]]{0,200}\](?:\(\s*(?:https?:|data:|\/\/)|\[[^\]]{1,40}\])|<(?:img|iframe|object|embed|svg)\b[^>]{0,200}>/i.exec(
    text,
  );
  if (image) return `a picture from elsewhere: "${snippet(text, image.index)}"`;
  const script = /\]\(\s*(?:javascript|vbscript|data):/i.exec(text);
  if (script) return `a link that runs something: "${snippet(text, script.index)}"`;
  const blob = /[A-Za-z0-9+/_-]{160,}={0,2}/.exec(text);
  return blob ? `${blob[0].length} characters that no person can read: "${snippet(text, blob.index)}"` : undefined;
}

const commanding =
  /(?<!\b(?:when|if|once|unless|whether|where) )\byou (?:must|need to|have to|are now|will now)\b|\b(?:make sure|be sure) (?:to|that you)\b|\bpretend (?:that )?you are\b|\b(?:post|send|upload|forward|report)\b[^.]{0,60}\bto https?:\/\//i;

export const textRules: readonly LintRule[] = [
  {
    id: "hidden-text",
    level: "error",
    danger: "A model reads what a reviewer cannot see.",
    find: inTexts(hidden, "texts that show all they say"),
  },
  {
    id: "instructing-text",
    level: "error",
    danger: "A description is part of the model's prompt: what it orders is done, by every agent that lists the tool.",
    find: everyInstruction,
  },
  {
    id: "look-alike-characters",
    level: "error",
    danger: "A word that only looks like another passes a reviewer and every search for it.",
    find: inTexts(lookAlike, "words in letters of one script"),
  },
  {
    id: "unreadable-text",
    level: "error",
    danger: "What cannot be read cannot be approved, and a picture's address carries words of the conversation away.",
    find: inTexts(leading, "plain text"),
  },
  {
    id: "commanding-text",
    level: "warning",
    danger: "A text that tells the model what it must do may be help for this tool, or the first step of an order.",
    find: inTexts((text) => {
      const plain = plainText(text);
      const found = commanding.exec(plain);
      return found ? `"${snippet(plain, found.index)}"` : undefined;
    }, "a reviewer who read it"),
  },
  {
    id: "long-text",
    level: "warning",
    danger: "Nobody reads so much before approving it.",
    find: inTexts((text) => (text.length > LONGEST_TEXT ? `${text.length} characters` : undefined), `at most ${LONGEST_TEXT} characters`),
  },
];
