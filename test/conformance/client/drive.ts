import type { Peer } from "./peers.ts";
import type { Plan } from "./plan.ts";

/** Fetches and calls everything once, so that the gateway does towards the scenario's server what the scenario waits for. */
export async function drive(peer: Peer, plan: Plan): Promise<void> {
  const tools = await peer.tools();
  for (const { name } of tools) {
    const answer = await peer.call(name, argsFor(name, plan, tools));
    if (answer.isError === true) throw new Error(`"${name}" failed: ${JSON.stringify(answer)}`);
  }
  for (const name of plan.refused ?? []) {
    if (await goesThrough(peer, name)) throw new Error(`"${name}" went through`);
  }
  for (const name of await peer.prompts()) await peer.prompt(name);
  for (const uri of await peer.resources()) await peer.resource(uri);
}

function argsFor(name: string, { args, echo }: Plan, tools: Awaited<ReturnType<Peer["tools"]>>): Record<string, unknown> {
  if (echo?.tool !== name) return { ...args[name] };
  return { [echo.argument]: tools.find((tool) => tool.name === echo.of)?.inputSchema };
}

async function goesThrough(peer: Peer, name: string): Promise<boolean> {
  try {
    return (await peer.call(name, {})).isError !== true;
  } catch {
    return false;
  }
}
