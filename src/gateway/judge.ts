import { maxWidth } from "../core/json/index.ts";
import type { Load } from "../parts/policy/index.ts";
import type { AimedCall, JudgedCall } from "./call.ts";

/** Arguments beyond this stay out of records; their digest stands there instead. */
const MAX_RECORDED_ARGS = 32 * 1024;
/** A JSON text this short cannot hold an array or object of more than 256 entries. */
const NARROW_TEXT = 512;

/** Asks policy, or remembers what it said to an equal input. */
export async function judge(call: AimedCall): Promise<JudgedCall> {
  const { memo, policy } = call.generation;
  const key = memo.keyOf(call);
  const known = key === undefined ? undefined : memo.find(key);
  const decision = known ?? (await policy.decide(call.inputText, loadOf(call)));
  if (key !== undefined && known === undefined) memo.keep(key, decision);
  const recordedInput = call.target.rules.has("mask") ? await maskedInput(call) : recordableInput(call);
  return { ...call, decision, remembered: known !== undefined, recordedInput };
}

function loadOf(call: AimedCall): Load {
  const wide = call.argsText !== undefined && call.argsText.length > NARROW_TEXT ? maxWidth(call.request.args) : 0;
  return { widest: Math.max(wide, call.caller.widest), nested: call.target.nested };
}

function recordableInput(call: AimedCall): string {
  if (call.argsText === undefined || call.argsText.length <= MAX_RECORDED_ARGS) return call.inputText;
  const { args: _, ...rest } = JSON.parse(call.inputText) as Record<string, unknown>;
  return JSON.stringify({ ...rest, limits: { truncated: [], omitted: ["/args"] } });
}

async function maskedInput(call: AimedCall): Promise<string> {
  const paths = await call.generation.policy.mask(call.inputText, loadOf(call));
  const text = recordableInput(call);
  return paths.length === 0 ? text : call.parts.masker.mask(text, paths);
}
