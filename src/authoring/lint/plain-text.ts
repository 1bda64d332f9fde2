/** What a person does not see: control, format (bidi, zero width, tag), filling and unassigned characters, and spaces that are not a plain space. */
const unseen = /(?![\t\n\r])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/**
 * Letters that look like Latin ones, after compatibility folding. Source: Unicode Technical Standard 39, confusables, of
 * which these are the Cyrillic, Greek and Armenian ones that fonts for code show alike.
 */
const lookAlikes: ReadonlyMap<string, string> = new Map(
  [
    "аa вb сc ԁd еe ҽe һh іi їi јj κk ӏl мm пn оo οo рp ρp ԛq гr ѕs тt υu νv ѵv ѡw ԝw хx χx уy γy үy ոn օo ցg հh",
    "АA ΑA ВB ΒB СC ЕE ΕE ԌG НH ΗH ІI ΙI ЈJ КK ΚK МM ΜM ΝN ОO ΟO РP ΡP ЅS ТT ΤT ХX ΧX УY ΥY ҮY ΖZ ՕO",
    "ıi ɑa ɡg ɩi",
    // Small capitals, which compatibility folding leaves alone.
    "ᴀA ʙB ᴄC ᴅD ᴇE ꜰF ɢG ʜH ɪI ᴊJ ᴋK ʟL ᴍM ɴN ᴏO ᴘP ʀR ꜱS ᴛT ᴜU ᴠV ᴡW ʏY ᴢZ",
  ]
    .join(" ")
    .split(" ")
    .map((pair) => [pair.slice(0, 1), pair.slice(1)] as const),
);

/** As a reader who looks quickly takes it: compatibility forms folded, look-alikes made Latin, what is unseen left out, spaces run together. */
export function plainText(text: string): string {
  const folded = text.normalize("NFKC").replace(unseen, "");
  return [...folded]
    .map((letter) => lookAlikes.get(letter) ?? letter)
    .join("")
    .replace(/\s+/g, " ");
}

/** An emoji may be held together by characters that are unseen anywhere else. */
const emoji = /\p{RGI_Emoji}/gv;

export function unseenIn(text: string): readonly string[] {
  return [...new Set([...text.replace(emoji, "").matchAll(unseen)].map(([character]) => character))];
}

const words = /[\p{L}\p{M}\p{N}_]+/gu;

/** Latin words in which letters of other scripts stand for Latin ones. A word that is wholly of another script is that language; `kΩ` is neither. */
export function mixedWords(text: string): readonly string[] {
  const isMixed = (word: string) =>
    /\p{Script=Latin}/u.test(word) && [...word].some((letter) => isForeign(letter) && lookAlikes.has(letter));
  return [...text.matchAll(words)].map(([word]) => word).filter(isMixed);
}

const isForeign = (letter: string): boolean => /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]/u.test(letter);
