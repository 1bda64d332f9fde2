/** Whether a text fits a pattern in which `*` stands for any run of characters. */
export type Glob = (text: string) => boolean;

/**
 * Compiles a pattern. Each piece between two stars is searched once from left to right, so that no text makes it
 * slower than its own length times the pattern's (a regular expression with many stars would backtrack).
 */
export function glob(pattern: string): Glob {
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return (text) => text === first;
  const last = pieces[pieces.length - 1] ?? "";
  const middle = pieces.slice(1, -1).filter((piece) => piece !== "");
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, at);
      if (found === -1 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}
