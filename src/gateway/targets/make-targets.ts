import type { ServerDefinition } from "../../core/server.ts";
import { parseUri, type ResourceUri } from "../../core/uri.ts";
import type { Catalog, CatalogPrompt, CatalogResource, CatalogTool } from "../../parts/catalog/index.ts";
import { paramHeaders } from "../../parts/upstream/index.ts";
import { escapeKey } from "../caller-facts.ts";
import { serverText } from "../input.ts";
import type { memoPlan } from "../memo.ts";
import { completionText, extensionText, promptText, resourceText, toolText } from "./fragments.ts";
import type { CompletionTarget, EntryTarget, ExtensionTarget, PromptTarget, ResourceTarget, ToolTarget } from "./target.ts";

/** What all targets of one server share. */
export interface ServerFacts {
  readonly server: ServerDefinition;
  readonly serverText: string;
  readonly rules: ReadonlySet<string>;
  readonly nested: boolean;
}

export function serverFacts(catalog: Catalog, server: ServerDefinition): ServerFacts {
  return { server, serverText: serverText(server), rules: catalog.rulesFor(server.id), nested: catalog.needsWorker(server.id) };
}

const aggregateNameForm = /^[A-Za-z0-9_.-]{1,128}$/;

function aggregateNameOf(server: ServerDefinition, name: string): { readonly aggregateName?: string } {
  const aggregateName = `${server.id}__${name}`;
  return aggregateNameForm.test(aggregateName) ? { aggregateName } : {};
}

export function toolTarget(facts: ServerFacts, tool: CatalogTool, plan: ReturnType<typeof memoPlan>): ToolTarget {
  const { server } = facts;
  // Whether a tool of the session era runs as a task is between gateway and server: clients get the plain result.
  const { execution: _, ...shown } = tool.definition;
  return {
    kind: "tool",
    id: `${server.id}.${tool.name}`,
    escapedId: escapeKey(`${server.id}.${tool.name}`),
    ...facts,
    tool,
    ...aggregateNameOf(server, tool.name),
    pinnedText: toolText(tool, true),
    driftedText: toolText(tool, false),
    definitionText: JSON.stringify(shown),
    aggregateText: JSON.stringify({ ...shown, name: `${server.id}__${tool.name}` }),
    // A declaration against the specification is one that no client follows.
    repeated: paramHeaders(tool.definition.inputSchema) ?? [],
    memoPlan: plan,
    readOnly: tool.effects.length > 0 && tool.effects.every((effect) => effect === "read"),
    timeoutMs: tool.timeoutMs,
  };
}

/** Only a tool acts; nothing about another kind is remembered. The kind keeps counters of one name apart. */
function reading(kind: string, id: string) {
  return { id, escapedId: escapeKey(`${kind}:${id}`), memoPlan: undefined, readOnly: true, timeoutMs: undefined } as const;
}

export function promptTarget(facts: ServerFacts, prompt: CatalogPrompt): PromptTarget {
  const { server } = facts;
  return {
    kind: "prompt",
    ...reading("prompt", `${server.id}.${prompt.name}`),
    ...facts,
    prompt,
    ...aggregateNameOf(server, prompt.name),
    pinnedText: promptText(prompt, true),
    driftedText: promptText(prompt, false),
    definitionText: JSON.stringify(prompt.definition),
    aggregateText: JSON.stringify({ ...prompt.definition, name: `${server.id}__${prompt.name}` }),
  };
}

export function entryTarget(facts: ServerFacts, entry: CatalogResource): EntryTarget {
  const uri = literalUri(entry.literal);
  const mime = entry.template?.definition.mimeType;
  return {
    kind: "resource",
    ...reading("resource", `${entry.server}.${entry.entry}`),
    ...facts,
    entry,
    pinnedText: resourceText(entry, uri, mime, true),
    driftedText: resourceText(entry, uri, mime, false),
    definitionText: entry.template ? JSON.stringify(entry.template.definition) : "",
  };
}

/** The beginning that all URIs of an entry share. It may be no URI of its own; what is there of one is told. */
function literalUri(literal: string): ResourceUri {
  const parsed = parseUri(literal);
  if (parsed.ok) return { ...parsed.value, text: literal };
  return { text: literal, scheme: literal.slice(0, Math.max(0, literal.indexOf(":"))), path: "" };
}

/** One resource of an entry. A type that the server lists for it counts before that of the template. */
export function resourceTarget(of: EntryTarget, uri: ResourceUri, listedMime?: string): ResourceTarget {
  const { definitionText: _, entry, ...rest } = of;
  const mime = listedMime ?? entry.template?.definition.mimeType;
  return {
    ...rest,
    entry,
    uri,
    pinnedText: resourceText(entry, uri, mime, true),
    driftedText: resourceText(entry, uri, mime, false),
  };
}

export function completionTarget(of: PromptTarget | EntryTarget, argument: string): CompletionTarget {
  const name = of.kind === "prompt" ? of.prompt.name : of.entry.entry;
  const facts = { id: of.id, grants: of.kind === "prompt" ? "prompts" : "resources", name } as const;
  const { server, rules, nested } = of;
  return {
    kind: "completion",
    ...reading("completion", of.id),
    server,
    serverText: of.serverText,
    rules,
    nested,
    of,
    pinnedText: completionText(facts, argument, true),
    driftedText: completionText(facts, argument, false),
  };
}

/** What it does is known to nobody here, so that it counts as more than reading. */
export function extensionTarget(facts: ServerFacts, extension: string, method: string): ExtensionTarget {
  const id = `${facts.server.id}.${method}`;
  return {
    kind: "extension",
    ...reading("extension", id),
    readOnly: false,
    ...facts,
    method,
    extension,
    pinnedText: extensionText({ id, method, extension }),
  };
}
