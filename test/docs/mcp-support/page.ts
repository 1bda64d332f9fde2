import { type Judge, type Method, methods, type Revision, revisions, serverMessages } from "../../../src/core/methods.ts";
import { table } from "../markdown.ts";
import { cannot, conformance } from "./cannot.ts";
import { crossings } from "./crossings.ts";
import { features } from "./features.ts";
import { limits } from "./limits.ts";

const clientTable: Readonly<Record<string, Method>> = methods;
const serverTable: Readonly<Record<string, Method>> = serverMessages;

/** docs/mcp-support.md, as far as it follows from the code. */
export function mcpSupportText(): string {
  const fromClients = Object.entries(clientTable).filter(([, { from }]) => from === "client");
  const fromServers = [...Object.entries(clientTable).filter(([, { from }]) => from === "server"), ...Object.entries(serverTable)];
  return [
    "## What each revision has here",
    "A cell names the messages by which the revision does it. Where there are none, a dash.",
    table(["", ...revisions], features.map(featureRow)),
    "## Who judges each message",
    "What stands in neither table is unknown: a request gets error -32601, a notification is dropped.",
    "### From clients",
    methodTable(fromClients),
    "### From servers",
    methodTable(fromServers),
    "## What crosses eras, and how",
    "The gateway is a client of its servers and a server of its clients; each side speaks its own revision.",
    table(
      ["", "how"],
      crossings.map(({ what, how }) => [what, how]),
    ),
    "## What cannot cross",
    "Sentences are quoted from the code. What says nothing to a caller changes nothing for it.",
    table(
      ["", "what happens", "what the caller gets"],
      cannot.map(({ what, happens, gets }) => [what, happens, gets]),
    ),
    "Scenarios of the official suite that show it, as [conformance](conformance.md) lists them:",
    table(["scenario", "why"], conformance()),
    "## Limits",
    table(
      ["", "limit", "beyond it"],
      limits.map(({ what, limit, beyond }) => [what, limit, beyond]),
    ),
  ].join("\n\n");
}

function featureRow({ what, by, fixed }: (typeof features)[number]): readonly string[] {
  const cell = (revision: Revision) => {
    const told = fixed?.[revision];
    if (told !== undefined) return told;
    const names = by.filter((name) => isIn(entryOf(name), revision)).map((name) => `\`${name}\``);
    return names.length === 0 ? "-" : names.join(", ");
  };
  return [what, ...revisions.map(cell)];
}

function entryOf(name: string): Method {
  const entry = clientTable[name] ?? serverTable[name];
  if (entry === undefined) throw new Error(`"${name}" is no message of the protocol`);
  return entry;
}

function isIn({ since, until }: Method, revision: Revision): boolean {
  return since <= revision && revision <= until;
}

function methodTable(entries: readonly (readonly [string, Method])[]): string {
  const rows = entries.map(([name, entry]) => [`\`${name}\``, entry.kind, span(entry), judgeText(entry.judge)]);
  return table(["message", "is a", "revisions", "judged by"], rows);
}

function span({ since, until }: Method): string {
  if (since === revisions[0] && until === revisions.at(-1)) return "all";
  return since === until ? since : `${since} to ${until}`;
}

function judgeText(judge: Judge): string {
  switch (judge.by) {
    case "decide":
      return `\`toolgate/decide\`, as a target of kind \`${judge.kind}\``;
    case "discover":
      return `\`toolgate/discover\`, each ${judge.kind}`;
    case "admit":
      return "`toolgate/admit`: whether the caller may connect";
    case "belonging":
      return `the decision about ${judge.to}`;
    case "none":
      return `nobody: ${judge.because}`;
  }
}
