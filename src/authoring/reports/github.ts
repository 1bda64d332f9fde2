import { pathOf, type Report, wordsOf } from "./report.ts";

/** Workflow commands that GitHub shows beside the lines of a pull request. */
export function githubReport({ folder, mistakes, notes, summary }: Report): string {
  const told = mistakes.map((mistake) => {
    const properties = [`file=${property(pathOf(folder, mistake.file))}`];
    if (mistake.line !== undefined) properties.push(`line=${mistake.line}`);
    properties.push(`title=${property(mistake.check ?? "mistake")}`);
    return `::error ${properties.join(",")}::${data(wordsOf(mistake))}`;
  });
  return [...told, ...notes.map((note) => `::notice::${data(note)}`), `${summary}: ${mistakes.length} mistakes.`].join("\n");
}

// A line break or a colon of an author's file would otherwise end the command, and what follows could be one of its own.
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
