import type { Terminal } from "../../cli/terminal.ts";

const WIDTH = 80;

/** How the story stands on the terminal: steps with a number and a title, lines below them, nothing wider than 80 columns. */
export class Page {
  readonly #terminal: Terminal;
  readonly paint: Terminal["paint"];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.paint = terminal.paint;
  }

  title(number: number, text: string): void {
    this.#terminal.out(`\n${this.paint.dim(String(number).padStart(2))}  ${this.paint.bold(text)}`);
  }

  line(text: string): void {
    this.#terminal.out(`    ${text}`);
  }

  /** A quiet paragraph below a line, broken at words. */
  quiet(text: string, indent = 13): void {
    for (const line of broken(text, WIDTH - indent)) this.#terminal.out(`${" ".repeat(indent)}${this.paint.dim(line)}`);
  }

  differs(text: string): void {
    for (const [at, line] of broken(text, WIDTH - 13).entries()) this.line(this.paint.red(`${at === 0 ? "differs" : "       "}  ${line}`));
  }
}

/** Breaks at blanks; a word that is longer than a line stands alone. */
function broken(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** `{"id":"C-1","name":"Mia"}` as `id=C-1 name=Mia`, and a table in a table by its name in front. */
export function plainly(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([key, member]) => (typeof member === "object" && member !== null ? `${key}: ${plainly(member)}` : `${key}=${String(member)}`))
    .join(" ");
}
