import type { UpstreamAsk } from "../parts/upstream/index.ts";
import { mistakesOf } from "./arguments.ts";
import type { AimedCall, Call, Resumed, TargetFacts, TaskAim, Wanted } from "./call.ts";
import { argsDigestOf, commonText } from "./input.ts";
import { isPinned, type Listed } from "./listed.ts";
import { openResumed } from "./seals.ts";
import { liveResources, resourceTarget, type Target } from "./targets/index.ts";
import { methodOf } from "./wanted.ts";

/** Finds out the facts about the target, and writes both what is judged and what is sent, from the same texts. */
export function aim(call: Call, found: Target, listed: Listed, task?: TaskAim): AimedCall {
  const { asked } = call.request;
  const target = found.kind === "resource" ? withListedMime(call, found, listed) : found;
  // The one text that is judged, digested, remembered by and sent: never what the caller wrote it like.
  const argsText = task ? task.argsText : argsTextOf(asked);
  const ask = task?.ask ?? askOf(asked, target, argsText);
  const argsDigest = digestOf(target, argsText);
  const opened = call.request.resumed === undefined ? undefined : openResumed(call, target, argsDigest);
  const facts = factsOf(call, target, listed, opened?.ok === false ? opened.error.detail : undefined);
  const time = call.generation.timeText(call.now);
  let inputText = `{"phase":"call","method":"${methodOf(asked)}",${commonText(call.exchange, call.caller, time, call.now)}`;
  inputText += `,${target.serverText},${facts.pinned ? target.pinnedText : (target.driftedText ?? target.pinnedText)}`;
  if (argsText !== undefined && facts.mistakes.length === 0) inputText += `,"args":${argsText},"args_digest":"${argsDigest}"`;
  inputText += ',"limits":{"truncated":[],"omitted":[]}}';
  const resumed: Resumed | undefined = opened?.ok ? opened.value : undefined;
  return { ...call, target, facts, argsText, argsDigest, ask, inputText, resumed };
}

/** Lists and reads tell policy the same type of a resource. */
function withListedMime(call: Call, target: Target & { readonly kind: "resource" }, listed: Listed): Target {
  const mime = "listing" in listed ? liveResources(listed.listing).get(target.uri.text)?.mime : undefined;
  const entry = call.generation.targets.byServer.get(target.server.id)?.entries.get(target.entry.entry);
  return mime === undefined || !entry ? target : resourceTarget(entry, target.uri, mime);
}

function argsTextOf(asked: Wanted): string | undefined {
  switch (asked.method) {
    case "tools/call":
    case "prompts/get":
      return asked.args === undefined ? undefined : JSON.stringify(asked.args);
    case "completion/complete":
      return JSON.stringify({ value: asked.argument.value, ...(asked.context === undefined ? {} : { context: asked.context }) });
    case "extension":
      return JSON.stringify(asked.args);
    default:
      return undefined;
  }
}

/** A URI is judged as the target itself; what comes back to a question about it is bound to it all the same. */
function digestOf(target: Target, argsText: string | undefined): string | undefined {
  if (target.kind === "resource") return argsDigestOf(target.uri.text);
  return argsText === undefined ? undefined : argsDigestOf(argsText);
}

function askOf(asked: Wanted, target: Target, argsText: string | undefined): UpstreamAsk {
  switch (target.kind) {
    case "tool":
      return { method: "tools/call", tool: target.tool.name, argsText };
    case "prompt": {
      const { name } = target.prompt;
      const args = argsText === undefined ? "" : `,"arguments":${argsText}`;
      return { method: "prompts/get", paramsText: `"name":${JSON.stringify(name)}${args}`, name };
    }
    case "resource":
      return { method: "resources/read", paramsText: `"uri":${JSON.stringify(target.uri.text)}`, name: target.uri.text };
    case "completion":
      return { method: "completion/complete", paramsText: completionParams(asked, target) };
    case "extension":
      return { method: "extension", name: target.method, paramsText: (argsText ?? "{}").slice(1, -1) };
  }
}

function completionParams(asked: Wanted, { of }: Target & { readonly kind: "completion" }): string {
  if (asked.method !== "completion/complete") throw new Error(`"${asked.method}" completes nothing`);
  const ref =
    of.kind === "prompt"
      ? { type: "ref/prompt", name: of.prompt.name }
      : { type: "ref/resource", uri: of.entry.template?.definition.uriTemplate };
  const { name, value } = asked.argument;
  const context = asked.context === undefined ? "" : `,"context":{"arguments":${JSON.stringify(asked.context)}}`;
  return `"ref":${JSON.stringify(ref)},"argument":${JSON.stringify({ name, value })}${context}`;
}

const none: readonly never[] = [];

function factsOf(call: Call, target: Target, listed: Listed, invalid: string | undefined): TargetFacts {
  const { asked, repeats } = call.request;
  const repeated = target.kind === "tool" ? target.repeated : none;
  return {
    pinned: "unavailable" in listed || isPinned(target, listed.listing),
    unavailable: "unavailable" in listed ? listed.unavailable : undefined,
    mistakes: mistakesOf(target, asked),
    contradiction: asked.method === "tools/call" && repeated.length > 0 ? repeats?.(repeated) : undefined,
    invalid,
  };
}
