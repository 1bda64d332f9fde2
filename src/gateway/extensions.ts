import type { ClientCapabilities } from "../core/client.ts";
import type { ReasonCode } from "../core/reasons.ts";
import type { Ending, IntendedCall, JudgedCall } from "./call.ts";
import { TASKS } from "./offers.ts";
import type { ExtensionTarget } from "./targets/index.ts";

/**
 * Why a method of an extension that the caller may know about goes no further: the server does not have the extension now,
 * or the client did not declare it, which only the stateless era has an answer for. Recorded as `code`.
 */
export function barred(
  { decision, exchange, facts }: JudgedCall,
  { extension }: ExtensionTarget,
): { readonly ending: Ending; readonly code: ReasonCode } | undefined {
  if (!decision.known) return undefined;
  if (!facts.pinned) return { ending: { kind: "unknown" }, code: "extension.unknown" };
  if (Object.hasOwn(exchange.capabilities.extensions, extension)) return undefined;
  const code = "extension.undeclared";
  if (exchange.era === "session") return { ending: { kind: "unknown" }, code };
  return { ending: { kind: "incapable", required: { extensions: { [extension]: {} } } }, code };
}

/** What the server is told of the client meanwhile: the extensions that it knows, and nothing that could be asked of it. */
export function extensionsAlone({ exchange }: IntendedCall, { extension }: ExtensionTarget): ClientCapabilities {
  const { [TASKS]: tasks, ...others } = exchange.capabilities.extensions;
  return { extensions: extension === TASKS && tasks !== undefined ? { ...others, [TASKS]: tasks } : others };
}
