import type { IntendedCall } from "./call.ts";
import { commonText } from "./input.ts";
import { methodOf } from "./wanted.ts";

type Members = Readonly<Record<string, unknown>>;

/** `phase: result`. Findings are counted by detectors; none is configured in this version, so there are none. */
export function inspectionInput(call: IntendedCall, result: Members, bytes: number): string {
  const { now, target, argsText } = call;
  const time = call.generation.timeText(now);
  const facts = {
    is_error: result.isError === true,
    bytes,
    content_types: [...new Set(contentTypes(result))],
    ...(target.kind !== "tool" || result.structuredContent === undefined ? {} : { structured: result.structuredContent }),
  };
  const args = argsText === undefined ? "" : `,"args":${argsText},"args_digest":"${call.argsDigest}"`;
  return (
    `{"phase":"result","method":"${methodOf(call.request.asked)}",${commonText(call.exchange, call.caller, time, now)}` +
    `,${target.serverText},${target.pinnedText}${args},"findings":{},"result":${JSON.stringify(facts)}` +
    `,"limits":{"truncated":[],"omitted":[]}}`
  );
}

/** Types of a tool's blocks and of a prompt's messages; media types of a resource's contents. */
function contentTypes({ content, messages, contents }: Members): readonly string[] {
  if (Array.isArray(content)) return content.map((block: unknown) => wordOf(block, "type"));
  if (Array.isArray(messages)) return messages.map((message: unknown) => wordOf(memberOf(message, "content"), "type"));
  if (Array.isArray(contents)) return contents.map((part: unknown) => wordOf(part, "mimeType"));
  return [];
}

function wordOf(value: unknown, name: string): string {
  const word = memberOf(value, name);
  return word === undefined ? "unknown" : String(word);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
