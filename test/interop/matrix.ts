import { type Outcome, type Step, steps } from "./plan.ts";

export interface Row {
  readonly client: string;
  readonly cells: readonly { readonly server: string; readonly outcome: Outcome }[];
}

/** What failed, in one line each. */
export function failuresOf(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ client, cells }) =>
    cells.flatMap(({ server, outcome }) =>
      triedSteps(outcome)
        .filter((step) => outcome[step]?.ok === false)
        .map((step) => `${client} - ${server}, ${step}: ${outcome[step]?.said.replaceAll("\n", " ")}`),
    ),
  );
}

function triedSteps(outcome: Outcome): readonly Step[] {
  return steps.filter((step) => outcome[step] !== undefined);
}

function cellText(outcome: Outcome): string {
  const failed = triedSteps(outcome).filter((step) => outcome[step]?.ok === false);
  if (failed.length > 0) return `failed: ${failed.join(", ")}`;
  const done = triedSteps(outcome).filter((step) => step !== "connect");
  return done.join(", ");
}

export function asText(rows: readonly Row[]): string {
  return rows
    .map(({ client, cells }) => [client, ...cells.map(({ server, outcome }) => `  ${server.padEnd(20)} ${cellText(outcome)}`)].join("\n"))
    .join("\n\n");
}

export function asJson(rows: readonly Row[]): object {
  const matrix = rows.map(({ client, cells }) => [client, Object.fromEntries(cells.map(({ server, outcome }) => [server, outcome]))]);
  return { failed: failuresOf(rows).length, matrix: Object.fromEntries(matrix) };
}

/** docs/interoperability.md. */
export function asPage(rows: readonly Row[], versions: readonly string[]): string {
  const servers = rows[0]?.cells.map(({ server }) => server) ?? [];
  const table = [
    `| client | ${servers.join(" | ")} |`,
    `| --- | ${servers.map(() => "---").join(" | ")} |`,
    ...rows.map(({ client, cells }) => `| ${client} | ${cells.map(({ outcome }) => cellText(outcome)).join(" | ")} |`),
  ];
  const failures = failuresOf(rows);
  return `# Interoperability

<!-- Written by \`npm run interop -- --write\`. -->

Real clients through a real gateway to real servers, each pair through \`/servers/<id>/mcp\`, with everything on: signed bundle,
pins, policy, records. Every client lists the tools, calls one, lists and gets a prompt, lists and reads a resource, and
answers a question of the server (elicitation), as far as the server has these. A cell names what was done and came out as
it should.

\`npm run interop\` fetches the peers that are no dependencies of Toolgate into \`.cache/interop\`; it needs Python 3.11, Go
and npm. ${versions.join(", ")}.

${table.join("\n")}
${failures.length === 0 ? "" : `\n## Failed\n\n${failures.map((line) => `- ${line}`).join("\n")}\n`}`;
}
