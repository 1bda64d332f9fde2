import type { ReasonCode } from "../core/reasons.ts";
import type { Wanted } from "./call.ts";
import type { Exchange } from "./gateway.ts";

const MAX_RECORDED = 200;

/** The method as it stands in the message. That of an extension came through the catalog: it needs no escaping. */
export function methodOf(asked: Wanted): string {
  return asked.method === "extension" ? asked.name : asked.method;
}

/** What a record says of a target that was not found in the catalog: what was asked for, cut to a length. */
export function wantedName(exchange: Exchange, asked: Wanted): { readonly target?: string; readonly uri?: string } {
  if ("name" in asked) return { target: nameAtDoor(exchange, asked.name) };
  if ("uri" in asked) return { uri: withoutSecrets(asked.uri) };
  if (asked.method === "completion/complete")
    return asked.ref.type === "ref/prompt"
      ? { target: nameAtDoor(exchange, asked.ref.name) }
      : { uri: asked.ref.uri.slice(0, MAX_RECORDED) };
  // A task id is sealed: cut or whole, it says nothing to a reader.
  return {};
}

/** No mask is asked about what is not in the catalog: query, fragment and user, where a URI may hold a secret, are left out. */
function withoutSecrets(uri: string): string {
  return uri
    .replace(/[?#].*$/s, "")
    .replace(/\/\/[^/]*@/, "//")
    .slice(0, MAX_RECORDED);
}

function nameAtDoor(exchange: Exchange, asked: string): string {
  const name = asked.slice(0, MAX_RECORDED);
  return exchange.serverId === undefined ? name : `${exchange.serverId}.${name}`;
}

/** As which code it is recorded that there is no such thing, or that the caller may not know of it. */
export function unknownCode(asked: Wanted): ReasonCode {
  switch (asked.method) {
    case "tools/call":
      return "tool.unknown";
    case "prompts/get":
      return "prompt.unknown";
    case "resources/read":
    case "resources/subscribe":
      return "resource.unknown";
    case "completion/complete":
      return asked.ref.type === "ref/prompt" ? "prompt.unknown" : "resource.unknown";
    case "extension":
      return "extension.unknown";
    default:
      return "task.unknown";
  }
}
