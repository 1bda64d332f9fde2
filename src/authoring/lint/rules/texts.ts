import { visible } from "../../pins/index.ts";
import { textsOf } from "../definition-texts.ts";
import { itemText, type LintFinding, type LintItem, type LintRule } from "../finding.ts";
import { mixedWords, plainText, unseenIn } from "../plain-text.ts";

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

/** Words that belong into a prompt and not into the description of a tool. Matched on the plain text, so that neither hidden characters nor look-alikes break a word up. */
const instructions: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: "tells a model to drop what it was told",
    pattern:
      /\b(?:ignore|disregard|forget|override|bypass)\b[^.]{0,40}\b(?:previous|prior|above|earlier|all|other|system|existing)\b[^.]{0,30}\b(?:instructions?|prompts?|rules?|messages?|guidelines?|polic(?:y|ies)|restrictions?)\b/i,
  },
  {
    what: "tells a model to keep something from people",
    pattern:
      /\b(?:do not|don't|dont|never|without)\b[^.]{0,30}\b(?:tell|telling|mention|mentioning|inform|informing|reveal|revealing|show|showing|notify|notifying|alert|alerting|asking)\b[^.]{0,30}\b(?:users?|humans?|anyone|anybody|operators?|persons?|people)\b/i,
  },
  {
    what: "speaks as somebody else in the conversation",
    pattern:
      /<\/?\s*(?:important|system|instructions?|assistant|user|admin|secret|hidden|tool_?calls?)\b[^>]{0,60}>|\[\/?INST\]|<\|(?:im_start|im_end|system|user|assistant)\|>|(?:^|\s)#{2,}\s*(?:system|assistant|instructions?)\b/i,
  },
  {
    what: "asks a model to hand over what it holds",
    pattern:
      /\b(?:read|include|pass|send|attach|append|copy|upload|provide|forward|put)\b[^.]{0,60}(?:~\/\.|\.ssh\b|\bid_rsa\b|\.env\b|\/etc\/(?:passwd|shadow)|\bmcp\.json\b|\b(?:conversation|chat) history\b|\bsystem prompt\b|\b(?:private|api|secret|access) keys?\b|\b(?:user'?s?|your|all) (?:credentials?|passwords?|secrets?|tokens?)\b)/i,
  },
  {
    what: "wants to be used before or instead of other tools",
    pattern:
      /\b(?:always|must|should|first)\b[^.]{0,40}\b(?:call|use|invoke|run)\b[^.]{0,20}\bthis (?:tool|function)\b[^.]{0,30}\b(?:first|before|instead)\b|\b(?:before|instead of|prior to)\b[^.]{0,20}\b(?:using|calling|invoking)\b[^.]{0,20}\b(?:any|every|each|all|other|another)\b[^.]{0,20}\b(?:tools?|functions?)\b/i,
  },
];

function instructing(text: string): string | undefined {
  const plain = plainText(text);
  for (const { what, pattern } of instructions) {
    const found = pattern.exec(plain);
    if (found) return `a text that ${what}: "${snippet(plain, found.index)}"`;
  }
  return undefined;
}

function hidden(text: string): string | undefined {
  const characters = unseenIn(text);
  if (characters.length > 0) return `characters that nobody sees: ${characters.slice(0, 5).map(visible).join(" ")}`;
  if (text.includes("<!--")) return "a comment that a page would not show";
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
  const image = /!\[[^\]]{0,200}\]\(\s*(?:https?:|data:)/i.exec(text);
  if (image) return `a picture from elsewhere: "${snippet(text, image.index)}"`;
  const blob = /[A-Za-z0-9+/_-]{160,}={0,2}/.exec(text);
  return blob ? `${blob[0].length} characters that no person can read: "${snippet(text, blob.index)}"` : undefined;
}

const commanding =
  /(?<!\b(?:when|if|once|unless|whether|where) )\byou (?:must|need to|have to|are now|will now)\b|\b(?:make sure|be sure) (?:to|that you)\b/i;

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
    find: inTexts(instructing, "a text that says what it is about, and orders nothing"),
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
