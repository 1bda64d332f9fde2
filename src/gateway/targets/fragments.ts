import type { ResourceUri } from "../../core/uri.ts";
import type { CatalogPrompt, CatalogResource, CatalogTool } from "../../parts/catalog/index.ts";

// What the input says of each kind of target. A tool's facts come from the reviewed catalog; `pinned` says whether the
// server still defines it as approved.

/** `"tool":{…}` of the input. */
export function toolText(tool: CatalogTool, pinned: boolean): string {
  const facts = {
    id: `${tool.server}.${tool.name}`,
    name: tool.name,
    digest: tool.pin,
    pinned,
    status: "approved",
    risk: tool.risk,
    effects: tool.effects,
    data_classes: tool.dataClasses,
    idempotent: tool.idempotent,
    annotations: tool.definition.annotations ?? {},
  };
  return `"tool":${JSON.stringify(facts)}`;
}

/** `"prompt":{…}` of the input. */
export function promptText(prompt: CatalogPrompt, pinned: boolean): string {
  const { server, name, pin, dataClasses } = prompt;
  return `"prompt":${JSON.stringify({ id: `${server}.${name}`, name, digest: pin, pinned, data_classes: dataClasses })}`;
}

/** `"resource":{…}` of the input, for one URI, or for the literal beginning of all that an entry approves. */
export function resourceText(entry: CatalogResource, uri: ResourceUri, mime: string | undefined, pinned: boolean): string {
  const facts = {
    id: `${entry.server}.${entry.entry}`,
    entry: entry.entry,
    uri: uri.text,
    scheme: uri.scheme,
    ...(uri.host === undefined ? {} : { host: uri.host }),
    path: uri.path,
    ...(mime === undefined ? {} : { mime }),
    ...(entry.template ? { template: entry.template.definition.uriTemplate } : {}),
    pinned,
    data_classes: entry.dataClasses,
  };
  return `"resource":${JSON.stringify(facts)}`;
}

/** `"extension":{…}` of the input. */
export function extensionText(of: { readonly id: string; readonly method: string; readonly extension: string }): string {
  return `"extension":${JSON.stringify({ id: of.id, method: of.method, extension: of.extension })}`;
}

/** `"completion":{…}` of the input: `of` and `name` say which grant it needs. */
export function completionText(
  of: { readonly id: string; readonly grants: "prompts" | "resources"; readonly name: string },
  argument: string,
  pinned: boolean,
): string {
  return `"completion":${JSON.stringify({ id: of.id, of: of.grants, name: of.name, argument, pinned })}`;
}
