const LONGEST = 100;

/** What an author wrote, on one line, cut where it is long. */
export function shown(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
