import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../e2e/command.ts";

/** A fenced block of a page. */
export interface Block {
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The comment right above it, which says what the block is where it is no command to run. */
  readonly note: string;
  /** What a reader reads between the block before it and this one. */
  readonly before: string;
}

export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(root, page), "utf8");
  let end = 0;
  return [...text.matchAll(/(?:<!-- (.*?) -->\n)?^```(\w*)\n(.*?)^```$/gms)].map((match) => {
    const before = text.slice(end, match.index).trim();
    end = match.index + match[0].length;
    return {
      line: text.slice(0, match.index).split("\n").length,
      note: match[1] ?? "",
      language: match[2] ?? "",
      text: match[3] ?? "",
      before,
    };
  });
}

/** A text with nothing in it that a regular expression would read as anything else. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
