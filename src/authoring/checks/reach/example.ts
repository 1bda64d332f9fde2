/** A package of the demo company with these rules, as an example of a check shows it. */
export function example(rules: string, kinds: readonly string[] = []): string {
  const judged = kinds.length === 0 ? "" : `#   kinds: [${kinds.join(", ")}]\n`;
  return `# METADATA\n# custom:\n#   servers: [crm]\n${judged}package policy.example\n\n${rules}\n`;
}
