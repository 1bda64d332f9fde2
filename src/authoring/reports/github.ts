import { counted, pathOf, type Report, wordsOf } from "./report.ts";

/** Workflow commands that GitHub shows beside the lines of a pull request. */
export function githubReport({ folder, mistakes, notes, summary }: Report): string {
  const told = mistakes.map((mistake) => {
    const { check = "mistake", line } = mistake;
    return annotation({ file: pathOf(folder, mistake.file), line, title: check }, wordsOf(mistake));
  });
  return [
    ...told,
    ...notes.map((note) => `::notice::${data(note)}`),
    `${summary}: ${mistakes.length === 0 ? "no mistakes" : counted(mistakes.length, "mistake")}.`,
  ].join("\n");
}

/** An error beside a line of a file. */
export function annotation(at: { readonly file: string; readonly line: number | undefined; readonly title: string }, text: string): string {
  const line = at.line === undefined ? "" : `,line=${at.line}`;
  return `::error file=${property(at.file)}${line},title=${property(at.title)}::${data(text)}`;
}

// A line break or a colon of an author's file would otherwise end the command, and what follows could be one of its own.
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
