import type { TargetKind } from "../../core/methods.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { ResourceUri } from "../../core/uri.ts";
import type { CatalogPrompt, CatalogResource, CatalogTool } from "../../parts/catalog/index.ts";
import type { ParamHeader } from "../../parts/upstream/index.ts";
import type { MemoPlan } from "../memo.ts";

/** What every kind of target has: who it is, its fragments of the input, and how it is judged. Written once where it can be. */
export interface TargetOf<Kind extends TargetKind> {
  readonly kind: Kind;
  /** `<server>.<name>`, the name in policy. */
  readonly id: string;
  /** The same, as it stands in the key of a counter. */
  readonly escapedId: string;
  readonly server: ServerDefinition;
  /** `"server":{…}` of the input. */
  readonly serverText: string;
  /** `"<kind>":{…}` of the input where the server still defines it as approved. */
  readonly pinnedText: string;
  /** The same where it does not; absent for what has no pin. */
  readonly driftedText?: string;
  readonly rules: ReadonlySet<string>;
  readonly nested: boolean;
  /** What a decision about it depends on; absent where it must be judged anew each time. Only tools have one. */
  readonly memoPlan: MemoPlan | undefined;
  /** Only reads: a lost record of it loses no act. */
  readonly readOnly: boolean;
  /** Milliseconds, where the catalog says less than the server's own. */
  readonly timeoutMs: number | undefined;
}

/** A catalogued tool with everything about it that a request would otherwise serialise again. */
export interface ToolTarget extends TargetOf<"tool"> {
  readonly tool: CatalogTool;
  /** `<server>__<tool>`; absent where that is no valid tool name. */
  readonly aggregateName?: string;
  /** The definition as shown under the server's own name and under the aggregate's. */
  readonly definitionText: string;
  readonly aggregateText: string;
  /** Arguments that a message of the stateless era repeats in its headers. */
  readonly repeated: readonly ParamHeader[];
}

export interface PromptTarget extends TargetOf<"prompt"> {
  readonly prompt: CatalogPrompt;
  readonly aggregateName?: string;
  readonly definitionText: string;
  readonly aggregateText: string;
}

/** One resource, by its URI. */
export interface ResourceTarget extends TargetOf<"resource"> {
  readonly entry: CatalogResource;
  /** What is sent to the server. */
  readonly uri: ResourceUri;
}

/** An approved kind of resources: a template as it is listed, or what stands for all URIs of a pattern. */
export interface EntryTarget extends TargetOf<"resource"> {
  readonly entry: CatalogResource;
  /** The template's definition; empty for a pattern. */
  readonly definitionText: string;
}

/** Words for one argument of a prompt or of a template. */
export interface CompletionTarget extends TargetOf<"completion"> {
  readonly of: PromptTarget | EntryTarget;
}

/** A request of an extension of the protocol, which nobody here knows more of than its name. */
export interface ExtensionTarget extends TargetOf<"extension"> {
  readonly method: string;
  /** The id of the extension that it belongs to. */
  readonly extension: string;
}

/** What a client's request aims at. */
export type Target = ToolTarget | PromptTarget | ResourceTarget | CompletionTarget | ExtensionTarget;
