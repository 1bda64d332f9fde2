import { suiteVersion } from "./requirements.ts";
import type { PartResult } from "./run-parts.ts";
import { leftOut } from "./scenarios.ts";

/** docs/conformance.md. Nothing in it changes from run to run unless a result does. */
export function asPage(parts: readonly PartResult[]): string {
  return `${[intro(), ...parts.map(sectionOf), leftOutSection(parts)].join("\n\n")}\n`;
}

function intro(): string {
  return `# Conformance

<!-- Written by \`npm run conformance -- --write\`. -->

The official suite, \`@modelcontextprotocol/conformance\` ${suiteVersion()}, run against the gateway: all that the suite's own
lists require of a server and of a client for each revision, and a few scenarios more. There is no file of expected failures.

Where the suite is the client, our reference server (\`examples/reference-server\`) stands behind the gateway, at
\`/servers/<id>/mcp\` or at the aggregate \`/mcp\`. A shim on loopback adds the bearer, which the suite cannot send; at the
aggregate it also puts the server's id in front of the names of tools and prompts and takes it away again. It changes
nothing else. Where the suite is the server, it stands behind the gateway itself: each scenario pins it, builds and signs a
bundle, starts a gateway and drives it with a plain client. Everything is on: the signed bundle, the policy, the pins, the
records.

Every check inside a scenario counts. A warning is a failure, and so is a scenario that the suite skips. What cannot cross
the eras is marked with its reason; an entry that passes all the same fails the run.`;
}

function sectionOf({ part, results }: PartResult): string {
  const rows = results.map(({ scenario, passed, failures, leftOut, cannot }) => {
    const result = cannot === undefined ? (failures.length === 0 ? "passed" : "failed") : `cannot cross: ${cannot}`;
    return `| \`${scenario}\` | ${passed} | ${failures.length} | ${leftOut.length} | ${result} |`;
  });
  const head = [
    `## ${part.title}`,
    "",
    `\`${part.key}\`, \`--spec-version ${part.revision}\``,
    "",
    "| scenario | checks passed | failed | left out | result |",
    "| --- | ---: | ---: | ---: | --- |",
  ];
  return [...head, ...rows].join("\n");
}

function leftOutSection(parts: readonly PartResult[]): string {
  const words = new Set(parts.flatMap(({ results }) => results.flatMap((one) => one.leftOut)));
  return [
    "## Left out",
    "",
    ...leftOut.map(({ key, scenarios, reason }) => `- of \`${key}\`: \`${scenarios}\` (${reason})`),
    ...(words.size === 0
      ? []
      : ["", "By the suite itself: checks that do not apply to what was declared, which it counts as neither passed nor failed.", ""]),
    ...[...words].map((one) => `- ${one}`),
  ].join("\n");
}
