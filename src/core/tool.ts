import canonicalize from "canonicalize";
import { type Digest, sha256 } from "./digest.ts";

/** The two ways MCP is spoken: with sessions (2025-03-26 to 2025-11-25) or stateless (2026-07-28). */
export type Era = "session" | "stateless";

/** A tool as its server describes it. Unknown members are kept: they are part of what was approved. */
export interface ToolDefinition {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** A prompt as its server describes it. Unknown members are kept. */
export interface PromptDefinition {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: readonly { readonly name: string; readonly description?: string; readonly required?: boolean }[];
  readonly [member: string]: unknown;
}

/** A resource as its server lists it. */
export interface ResourceDefinition {
  readonly uri: string;
  readonly name: string;
  readonly mimeType?: string;
  readonly [member: string]: unknown;
}

/** A template of URIs (RFC 6570) as its server lists it. */
export interface TemplateDefinition {
  readonly uriTemplate: string;
  readonly name: string;
  readonly mimeType?: string;
  readonly [member: string]: unknown;
}

/**
 * The digest that a reviewer approves: the whole definition in canonical form (RFC 8785), with the era it was read in
 * and the client capabilities declared then, because servers offer other tools to other clients.
 */
export function pinOf(
  definition: ToolDefinition | PromptDefinition | TemplateDefinition,
  era: Era,
  capabilities: Readonly<Record<string, unknown>> = {},
): Digest {
  return sha256(canonicalize({ capabilities, definition, era }) ?? "");
}
