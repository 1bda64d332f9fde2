import { oneLine } from "../../../core/one-line.ts";

export const WIDTH = 100;

/** Words on lines of at most `width` columns, of which the text has none of its own: names in it come from callers. A word that is longer than a line is broken, so that none reaches beyond. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(" ")) {
    let rest = word;
    if (line !== "" && line.length + 1 + rest.length > width) {
      lines.push(line);
      line = "";
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = line === "" ? rest : `${line} ${rest}`;
  }
  return [...lines, line];
}

/** A label and what it says, which goes on below itself. */
export function labelled(label: string, text: string, labelWidth: number, paint: (text: string) => string): readonly string[] {
  const indent = 2 + labelWidth + 3;
  return wrapped(text, WIDTH - indent).map((line, at) =>
    at === 0 ? `  ${paint(label.padEnd(labelWidth))}   ${line}` : `${" ".repeat(indent)}${line}`,
  );
}

/** Cut where it would reach beyond the width. */
export function cut(text: string, width: number): string {
  const line = oneLine(text);
  return line.length <= width ? line : `${line.slice(0, Math.max(1, width - 1))}…`;
}
