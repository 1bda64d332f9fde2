/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellText).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Outside code an angle bracket would begin a tag. */
function cellText(text: string): string {
  return text.replaceAll("|", "\\|").replace(/(`[^`]*`)|</g, (_, code?: string) => code ?? "&lt;");
}
