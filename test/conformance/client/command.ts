// What the suite starts in its client mode, with the address of the scenario's server as the last argument: a gateway
// whose catalog has that server and no other, driven by a plain client. The gateway is the client that is tested.
import { serverAsks } from "../../../src/core/server.ts";
import { parseUri } from "../../../src/core/uri.ts";
import { overHttp, type UnseenServer } from "../company.ts";
import { startGateway } from "../gateway.ts";
import type { Revision } from "../requirements.ts";
import type { Era } from "../scenarios.ts";
import { drive } from "./drive.ts";
import { connect } from "./peers.ts";
import { type Plan, planFor, toolsOf } from "./plan.ts";

const ID = "scenario";

try {
  await main(process.argv.at(-1) ?? "", process.env.MCP_CONFORMANCE_PROTOCOL_VERSION ?? "", process.env.MCP_CONFORMANCE_SCENARIO ?? "");
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(url: string, revision: string, scenario: string): Promise<void> {
  if (revision !== "2025-11-25" && revision !== "2026-07-28") throw new Error(`no server of "${revision}" is known`);
  const plan = planFor(scenario);
  const gateway = await startGateway([scenarioServer(eraOf(revision), plan)], { [ID]: { url } });
  try {
    const peer = await connect(revision, new URL(`/servers/${ID}/mcp`, gateway.url), gateway.bearer);
    await drive(peer, plan).finally(() => peer.close());
  } finally {
    await gateway.stop();
  }
}

function eraOf(revision: Revision): Era {
  return revision === "2025-11-25" ? "session" : "stateless";
}

function scenarioServer(era: Era, plan: Plan): UnseenServer {
  return {
    id: ID,
    transport: overHttp(ID, era),
    asks: serverAsks,
    approve: ({ tools, prompts, resources }) => ({
      tools: toolsOf(plan, tools.keys()),
      prompts: [...prompts.keys()],
      resources: {
        // Whoever may know nothing of a server does not get in; some scenarios' servers offer nothing.
        nothing: { uri: "scenario://nothing/**" },
        ...Object.fromEntries([...resources.keys()].map((uri, index) => [`resource-${index + 1}`, { uri: normal(uri) }])),
      },
    }),
  };
}

function normal(text: string): string {
  const uri = parseUri(text);
  if (!uri.ok) throw new Error(`the server lists "${text}": ${uri.error.detail}`);
  return uri.value.text;
}
