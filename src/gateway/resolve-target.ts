import type { ReasonCode } from "../core/reasons.ts";
import { parseUri } from "../core/uri.ts";
import type { Call } from "./call.ts";
import type { Asked } from "./gateway.ts";
import { completionTarget, type EntryTarget, type PromptTarget, type Target } from "./targets/index.ts";
import { unknownCode } from "./wanted.ts";

/** What in the catalog a request means at this door; or as which code it is recorded that there is no such thing. */
export function resolveTarget(call: Call): Target | ReasonCode {
  const { asked } = call.request;
  switch (asked.method) {
    case "tools/call":
      return byName(call, call.generation.targets.tools, asked.name) ?? unknownCode(asked);
    case "prompts/get":
      return byName(call, call.generation.targets.prompts, asked.name) ?? unknownCode(asked);
    case "resources/read":
    case "resources/subscribe":
      return byUri(call, asked.uri);
    case "completion/complete": {
      const of = completed(call, asked.ref);
      return of ? completionTarget(of, asked.argument.name) : unknownCode(asked);
    }
    case "extension":
      return call.generation.targets.byServer.get(call.exchange.serverId ?? "")?.methods.get(asked.name) ?? unknownCode(asked);
    default:
      return unknownCode(asked);
  }
}

function byName<Named extends { readonly aggregateName?: string }>(
  call: Call,
  targets: ReadonlyMap<string, Named>,
  name: string,
): Named | undefined {
  const { serverId } = call.exchange;
  if (serverId !== undefined) return targets.get(`${serverId}.${name}`);
  // On the aggregate a name is split at the first `__`; server ids hold none.
  const at = name.indexOf("__");
  if (at < 1) return undefined;
  const target = targets.get(`${name.slice(0, at)}.${name.slice(at + 2)}`);
  return target?.aggregateName === name ? target : undefined;
}

/** An owner is looked up for the parsed URI, never for its text: two readings of one text would be two owners. */
function byUri(call: Call, text: string): Target | ReasonCode {
  const uri = parseUri(text);
  if (!uri.ok) return "resource.invalid_uri";
  return call.generation.targets.resource(call.exchange.serverId, uri.value) ?? "resource.unknown";
}

function completed(call: Call, ref: (Asked & { readonly method: "completion/complete" })["ref"]): PromptTarget | EntryTarget | undefined {
  const { targets } = call.generation;
  return ref.type === "ref/prompt" ? byName(call, targets.prompts, ref.name) : targets.template(call.exchange.serverId, ref.uri);
}
