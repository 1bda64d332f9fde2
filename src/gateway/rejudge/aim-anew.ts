import type { ReasonCode } from "../../core/reasons.ts";
import { parseUri } from "../../core/uri.ts";
import type { Catalog } from "../../parts/catalog/index.ts";
import { mistakesOf, promptMistakes } from "../arguments.ts";
import { serverText } from "../input.ts";
import {
  completionTarget,
  type EntryTarget,
  type PromptTarget,
  resourceTarget,
  type Target,
  type Targets,
  type ToolTarget,
} from "../targets/index.ts";
import { tasksExtension } from "../tasks/index.ts";
import { type AskedInput, type AskedKind, isMembers, isQuestion, type Members, type QuestionKind, textAt } from "./asked-input.ts";
import type { Judged } from "./rejudge.ts";
import { type Unjudgeable, unjudgeable } from "./unjudgeable.ts";

/** The target as this catalog has it, in the words of the input. */
export interface AimedAnew {
  readonly kind: "aimed";
  readonly serverId: string;
  readonly nested: boolean;
  /** `"server":{…},"tool":{…}`. */
  readonly text: string;
  /** Where arguments that were fit then do not fit what is approved here. */
  readonly mistakes: readonly string[];
}

/** This catalog has no such target; recorded as this code. */
export interface NoTarget {
  readonly kind: "unknown";
  readonly code: ReasonCode;
}

/** What of a catalog requests are aimed at. */
export interface Aims {
  readonly catalog: Catalog;
  readonly targets: Targets;
}

type Aimed = AimedAnew | NoTarget | Unjudgeable;

const unknown = (code: ReasonCode): NoTarget => ({ kind: "unknown", code });
const none: readonly string[] = [];

/** Finds what a recorded request means in this catalog. `args`: whether they stand in the input as they were. */
export function aimAnew(aims: Aims, judged: Judged, input: AskedInput, kind: AskedKind, wholeArgs: boolean): Aimed {
  if (isQuestion(kind)) return question(aims, judged, input, kind);
  switch (kind) {
    case "tool":
      return tool(aims, judged, input, wholeArgs);
    case "prompt":
      return prompt(aims, judged, input, wholeArgs);
    case "resource":
      return resource(aims, judged, input);
    case "completion":
      return completion(aims, judged, input);
    case "extension": {
      const method = textAt(input, "extension", "method") ?? judged.target.slice(serverOf(judged).length + 1);
      const target = aims.targets.byServer.get(serverOf(judged))?.methods.get(method);
      return target ? aimed(target, true) : unknown("extension.unknown");
    }
  }
}

/** Server ids hold no dot. */
function serverOf({ target }: Judged): string {
  const dot = target.indexOf(".");
  return dot < 0 ? target : target.slice(0, dot);
}

function aimed(target: Target, pinned: boolean, mistakes: readonly string[] = none): AimedAnew {
  const about = pinned ? target.pinnedText : (target.driftedText ?? target.pinnedText);
  return { kind: "aimed", serverId: target.server.id, nested: target.nested, text: `${target.serverText},${about}`, mistakes };
}

function tool({ targets }: Aims, judged: Judged, input: AskedInput, wholeArgs: boolean): Aimed {
  const target = targets.tools.get(judged.target);
  const { method } = input;
  // A request about a task is judged as the tool that it came from, without arguments.
  const ofTask = typeof method === "string" && method.startsWith("tasks/");
  if (!target || (ofTask && !target.server.extensions.includes(tasksExtension))) return unknown(ofTask ? "task.unknown" : "tool.unknown");
  const pinned = isPinned(input, "tool", target.tool.pin);
  if (typeof pinned !== "boolean") return pinned;
  if (ofTask || !wholeArgs || samePin(input, "tool", target.tool.pin)) return aimed(target, pinned);
  return aimed(target, pinned, mistakesIn(target, judged, input, input.args !== undefined));
}

function prompt({ targets }: Aims, judged: Judged, input: AskedInput, wholeArgs: boolean): Aimed {
  const target = targets.prompts.get(judged.target);
  if (!target) return unknown("prompt.unknown");
  const pinned = isPinned(input, "prompt", target.prompt.pin);
  if (typeof pinned !== "boolean") return pinned;
  if (!wholeArgs || samePin(input, "prompt", target.prompt.pin)) return aimed(target, pinned);
  return aimed(target, pinned, mistakesIn(target, judged, input, input.args !== undefined));
}

/** Arguments that did not fit then stand nowhere; what they miss here nobody knows, and they were refused anyway. */
function mistakesIn(
  target: ToolTarget | PromptTarget,
  { argsDigest }: Judged,
  { args = {} }: AskedInput,
  given: boolean,
): readonly string[] {
  if ((!given && argsDigest !== undefined) || !isMembers(args)) return none;
  return target.kind === "tool" ? target.tool.validate(args) : promptMistakes(target, args);
}

function samePin(input: AskedInput, kind: "tool" | "prompt", pin: string): boolean {
  return textAt(input, kind, "digest") === pin;
}

/** Under an equal pin what was found out then; under another one, what the server had then is not it. */
function isPinned(input: AskedInput, kind: "tool" | "prompt", pin: string): boolean | Unjudgeable {
  const then = pinnedThen(input, kind);
  if (samePin(input, kind, pin)) return then;
  if (then) return false;
  return unjudgeable(`/${kind}/pinned`, "the server had another definition than was approved, and which one is not on record");
}

function pinnedThen(input: AskedInput, kind: AskedKind): boolean {
  const facts = input[kind];
  return isMembers(facts) && facts.pinned === true;
}

function resource({ targets }: Aims, judged: Judged, input: AskedInput): Aimed {
  const uri = parseUri(textAt(input, "resource", "uri") ?? "");
  if (!uri.ok) return unjudgeable("/resource/uri", "the URI in the record cannot be read");
  const door = judged.door ?? serverOf(judged);
  const found = targets.resource(door === "aggregate" ? undefined : door, uri.value);
  const entry = found && targets.byServer.get(found.server.id)?.entries.get(found.entry.entry);
  if (!entry) return unknown("resource.unknown");
  const pinned = isOffered(entry, input);
  if (typeof pinned !== "boolean") return pinned;
  return aimed(resourceTarget(entry, uri.value, textAt(input, "resource", "mime")), pinned);
}

/** A resource has no digest of its own: its template is told by its text, and whether the server had another one is not on record. */
function isOffered({ entry }: EntryTarget, input: AskedInput): boolean | Unjudgeable {
  const template = entry.template?.definition.uriTemplate;
  if (template === textAt(input, "resource", "template")) return pinnedThen(input, "resource");
  if (template === undefined) return true;
  return unjudgeable("/resource/template", "whether the server had the template of this bundle is not on record");
}

function completion({ targets }: Aims, judged: Judged, input: AskedInput): Aimed {
  const [of, argument] = [textAt(input, "completion", "of"), textAt(input, "completion", "argument")];
  if ((of !== "prompts" && of !== "resources") || argument === undefined)
    return unjudgeable("/completion", "what was completed does not stand in the record");
  const completed =
    of === "prompts"
      ? targets.prompts.get(judged.target)
      : targets.byServer.get(serverOf(judged))?.entries.get(judged.target.slice(serverOf(judged).length + 1));
  if (!completed) return unknown(of === "prompts" ? "prompt.unknown" : "resource.unknown");
  const target = completionTarget(completed, argument);
  const ref = { type: "ref/prompt", name: "" } as const;
  const wasFit = input.args !== undefined;
  const mistakes = wasFit ? mistakesOf(target, { method: "completion/complete", ref, argument: { name: argument, value: "" } }) : none;
  return aimed(target, pinnedThen(input, "completion"), mistakes);
}

/** A question of a server: whether it may ask at all stands in its definition. */
function question({ catalog, targets }: Aims, judged: Judged, input: AskedInput, kind: QuestionKind): Aimed {
  const own = targets.byServer.get(serverOf(judged));
  if (!own?.server.asks.includes(kind)) return unknown("question.not_granted");
  const { server } = own;
  const facts = input[kind] as Members;
  const text = `${serverText(server)},"${kind}":${JSON.stringify(facts)}`;
  return { kind: "aimed", serverId: server.id, nested: catalog.needsWorker(server.id), text, mistakes: none };
}
