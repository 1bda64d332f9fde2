import type { Call } from "./call.ts";
import type { Target } from "./generation.ts";

/** The catalogued tool that a name means at this door, or nothing. */
export function resolveTarget(call: Call): Target | undefined {
  const { serverId } = call.exchange;
  const { tool } = call.request;
  if (serverId !== undefined) return call.generation.targets.get(`${serverId}.${tool}`);
  // On the aggregate a name is split at the first `__`; server ids hold none.
  const at = tool.indexOf("__");
  if (at < 1) return undefined;
  const target = call.generation.targets.get(`${tool.slice(0, at)}.${tool.slice(at + 2)}`);
  return target?.aggregateName === tool ? target : undefined;
}
