import { readingsOf, squeezed } from "../readings.ts";

interface Instruction {
  readonly what: string;
  readonly pattern: RegExp;
}

/** Words that belong into a prompt and not into the description of a tool, in any reading of it. */
const instructions: readonly Instruction[] = [
  {
    what: "tells a model to drop what it was told",
    pattern:
      /\b(?:ignore|disregard|forget|override|bypass|discard|disobey)\b[^.]{0,40}\b(?:previous|prior|above|earlier|all|other|system|existing)\b[^.]{0,30}\b(?:instructions?|directives?|prompts?|rules?|messages?|guidelines?|polic(?:y|ies)|restrictions?)\b/i,
  },
  {
    what: "tells a model to drop what it was told",
    pattern:
      /\b(?:ignore|disregard|forget|discard)\b[^.]{0,20}\b(?:everything|anything|all|what)\b[^.]{0,20}\byou (?:were|have been|are) (?:told|given|asked|instructed)\b|\b(?:previous|prior|earlier|system)\b[^.]{0,20}\b(?:instructions?|directives?|rules?|guidelines?|prompts?)\b[^.]{0,20}\bno longer (?:apply|applies|count|valid)\b/i,
  },
  {
    what: "tells a model to drop what it was told",
    pattern:
      /\b(?:ignorier|vergiss|missacht)\w*\b[^.]{0,40}\b(?:anweisung|vorgabe|regel|instruktion)\w*|\b(?:ignor|oubli|olvid|esque[cç]|dimentic)\w*\b[^.]{0,40}\b(?:instruc|instruç|istruzion|consigne|directive|directriz|regras?|reglas?|r[èe]gles?)\p{L}*[^.]{0,20}\b(?:pr[ée]c[ée]dent|anterior|previ[ao]s|pr[ée]alable)\p{L}*|(?:忽略|无视|無視|忘记|忘掉)[^。]{0,12}(?:指令|指示|说明|說明|提示|规则|規則)|(?:指示|命令|ルール|プロンプト)[^。]{0,6}(?:無視|忘れ)|(?:игнорируй|проигнорируй|забудь|не обращай внимания)\p{L}*[^.]{0,40}(?:инструкци|указани|правил)/iu,
  },
  {
    what: "tells a model to keep something from people",
    pattern:
      /\b(?:do not|don't|dont|never|without)\b[^.]{0,30}\b(?:tell|telling|mention|mentioning|inform|informing|reveal|revealing|show|showing|notify|notifying|alert|alerting|asking)\b[^.]{0,30}\b(?:users?|humans?|anyone|anybody|operators?|persons?|people)\b|\b(?:secret|hidden|hide|conceal|concealed|invisible)\b[^.]{0,20}\b(?:from|to) (?:the |your |any )?(?:users?|humans?|operators?|persons?|people)\b/i,
  },
  {
    what: "speaks as somebody else in the conversation",
    pattern:
      /<\/?\s*(?:important|system|instructions?|assistant|user|admin|secret|hidden|tool_?calls?)\b[^>]{0,60}>|\[\/?INST\]|<\|(?:im_start|im_end|system|user|assistant)\|>|(?:^|\s)#{2,}\s*(?:system|assistant|instructions?)\b/i,
  },
  {
    what: "asks a model to hand over what it holds",
    pattern:
      /\b(?:read|include|pass|send|attach|append|copy|upload|provide|forward|put)\b[^.]{0,60}(?:~\/\.|\.ssh\b|\bid_rsa\b|\.env\b|\.npmrc\b|\.netrc\b|\.aws\/|\.kube\/|\/etc\/(?:passwd|shadow)|\bmcp\.json\b|\b(?:conversation|chat) history\b|\bsystem prompt\b|\b(?:private|api|secret|access) keys?\b|\b(?:user'?s?|your|all) (?:credentials?|passwords?|secrets?|tokens?)\b)/i,
  },
  {
    what: "asks a model to hand over what it holds",
    pattern:
      /\b(?:contain|include|put|paste|fill|pass|send|attach)\b[^.]{0,60}\b(?:previous|prior|earlier|entire|full|whole)\b[^.]{0,30}\b(?:messages|conversation|chat|prompt)\b/i,
  },
  {
    what: "wants to be used before or instead of other tools",
    pattern:
      /\b(?:always|must|should|first)\b[^.]{0,40}\b(?:call|use|invoke|run)\b[^.]{0,20}\bthis (?:tool|function)\b[^.]{0,30}\b(?:first|before|instead)\b|\b(?:before|instead of|prior to)\b[^.]{0,20}\b(?:using|calling|invoking)\b[^.]{0,20}\b(?:any|every|each|all|other|another)\b[^.]{0,20}\b(?:tools?|functions?)\b|\b(?:prefer|supersedes?)\b[^.]{0,20}\b(?:any|all|every|each)\b[^.]{0,10}\b(?:other tools?|others?)\b/i,
  },
];

/** Of a conversation that a description brings along; where lines begin matters, so on the text as it is. */
const roles = /(?:^|\n)[ \t]*(?:(?:Human|Assistant)[ \t]*:|SYSTEM[ \t]*:)/;

/** As `squeezed` leaves them. */
const broken =
  /(?:ignore|disregard|forget|override|bypass)(?:aii|any|every)?(?:of)?(?:the|your|my)?(?:previous|prior|above|eariier|preceding|existing|system)(?:system)?(?:instructions|directives|prompts|ruies|messages|guideiines)/;

/** What a text orders, with the reading in which it does; undefined for one that orders nothing. */
export function instructionIn(text: string): { readonly what: string; readonly reading: string; readonly at: number } | undefined {
  for (const reading of readingsOf(text)) {
    for (const { what, pattern } of instructions) {
      const found = pattern.exec(reading);
      if (found) return { what, reading, at: found.index };
    }
  }
  const speaks = roles.exec(text);
  if (speaks) return { what: "speaks as somebody else in the conversation", reading: text, at: speaks.index };
  const letters = squeezed(text);
  const pieces = broken.exec(letters);
  return pieces ? { what: "tells a model to drop what it was told", reading: letters, at: pieces.index } : undefined;
}
