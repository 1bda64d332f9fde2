import { maxWidth } from "../core/json/index.ts";
import type { Load } from "../parts/policy/index.ts";
import type { AimedCall, JudgedCall } from "./call.ts";
import type { CallerFacts } from "./caller-facts.ts";
import type { Generation } from "./generation.ts";
import type { Parts } from "./parts.ts";

/** Arguments beyond this stay out of records; their digest stands there instead. */
const MAX_RECORDED_ARGS = 32 * 1024;
/** A JSON text this short cannot hold an array or object of more than 256 entries. */
const NARROW_TEXT = 512;

/** As much of a request, or of a server's question, as it takes to ask policy about it. */
export interface Judgeable {
  readonly parts: Parts;
  readonly generation: Generation;
  readonly caller: CallerFacts;
  readonly target: { readonly rules: ReadonlySet<string>; readonly nested: boolean };
  readonly inputText: string;
  /** `args` of the input. */
  readonly argsText: string | undefined;
}

/** Asks policy, or remembers what it said to an equal input. */
export async function judge(call: AimedCall): Promise<JudgedCall> {
  const { memo, policy } = call.generation;
  const key = memo.keyOf(call);
  const known = key === undefined ? undefined : memo.find(key);
  const decision = known ?? (await policy.decide(call.inputText, loadOf(call, argsOf(call))));
  if (key !== undefined && known === undefined) memo.keep(key, decision);
  call.parts.meter.decided(key === undefined ? "policy_unkeyed" : known === undefined ? "policy" : "memo");
  const recordedInput = call.target.rules.has("mask") ? await maskedInput(call, argsOf(call)) : recordableInput(call);
  const judged = { ...call, decision, remembered: known !== undefined, recordedInput, recordedUri: recordedUriOf(call, recordedInput) };
  call.parts.comparing.note(judged);
  return judged;
}

/** What a mask takes out of the input must not stand beside it: a URI may hold a secret. */
function recordedUriOf({ target }: AimedCall, recordedInput: string): string | undefined {
  if (target.kind !== "resource") return undefined;
  if (!target.rules.has("mask")) return target.uri.text;
  const { resource } = JSON.parse(recordedInput) as { readonly resource?: { readonly uri?: string } };
  return resource?.uri;
}

/** The arguments where they are at hand as they were parsed. */
function argsOf({ request: { asked } }: AimedCall): unknown {
  return asked.method === "tools/call" || asked.method === "extension" ? asked.args : undefined;
}

/** How heavy the input is. `args` spares parsing what was parsed already. */
export function loadOf({ argsText, caller, target }: Judgeable, args?: unknown): Load {
  const wide = argsText !== undefined && argsText.length > NARROW_TEXT ? maxWidth(args ?? JSON.parse(argsText)) : 0;
  return { widest: Math.max(wide, caller.widest), nested: target.nested };
}

/** The input as records may show it. */
export function recordedInputOf(judged: Judgeable): Promise<string> {
  return judged.target.rules.has("mask") ? maskedInput(judged) : Promise.resolve(recordableInput(judged));
}

function recordableInput({ argsText, inputText }: Judgeable): string {
  if (argsText === undefined || argsText.length <= MAX_RECORDED_ARGS) return inputText;
  const { args: _, ...rest } = JSON.parse(inputText) as Record<string, unknown>;
  return JSON.stringify({ ...rest, limits: { truncated: [], omitted: ["/args"] } });
}

async function maskedInput(judged: Judgeable, args?: unknown): Promise<string> {
  const paths = await judged.generation.policy.mask(judged.inputText, loadOf(judged, args));
  const text = recordableInput(judged);
  return paths.length === 0 ? text : judged.parts.masker.mask(text, paths);
}
