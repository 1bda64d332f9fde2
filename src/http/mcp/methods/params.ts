import { type LogLevel, logLevels } from "../../../core/client.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Asked } from "../../../gateway/index.ts";
import { badParams, type Fault, isMembers, type Members, type Message } from "../protocol.ts";

/** The parameters of each method that reaches a server, read strictly: one sentence for what is wrong. */

/** Far above what MCP advises for a name; it is echoed and recorded. */
const MAX_NAME_LENGTH = 1_024;
const MAX_URI_LENGTH = 8_192;
/** A task id carries its server and its principal, sealed. */
const MAX_TASK_ID_LENGTH = 8_192;

export type Read = (message: Message) => Result<Asked, Fault>;

export const readCall: Read = (message) => {
  const name = message.params?.name;
  if (!isText(name, MAX_NAME_LENGTH)) return wrong(message, `"name" must be the name of a tool`);
  const args = message.params?.arguments;
  if (args !== undefined && !isMembers(args)) return wrong(message, `"arguments" must be an object`);
  return ok({ method: "tools/call", name, args });
};

export const readPrompt: Read = (message) => {
  const name = message.params?.name;
  if (!isText(name, MAX_NAME_LENGTH)) return wrong(message, `"name" must be the name of a prompt`);
  const args = message.params?.arguments;
  if (args !== undefined && !isTexts(args)) return wrong(message, `"arguments" must be an object of texts`);
  return ok({ method: "prompts/get", name, args });
};

export const readResource: Read = (message) => {
  const uri = readUri(message);
  return uri.ok ? ok({ method: "resources/read", uri: uri.value }) : uri;
};

export function readUri(message: Message): Result<string, Fault> {
  const uri = message.params?.uri;
  return isText(uri, MAX_URI_LENGTH) ? ok(uri) : wrong(message, `"uri" must be the URI of a resource`);
}

export const readCompletion: Read = (message) => {
  const { ref, argument, context } = message.params ?? {};
  const target = readReference(ref);
  if (target === undefined) return wrong(message, `"ref" must be a ref/prompt with "name" or a ref/resource with "uri"`);
  if (!isMembers(argument) || !isText(argument.name, MAX_NAME_LENGTH) || typeof argument.value !== "string") {
    return wrong(message, `"argument" must have texts as "name" and "value"`);
  }
  const settled = isMembers(context) ? context.arguments : undefined;
  if ((context !== undefined && !isMembers(context)) || (settled !== undefined && !isTexts(settled))) {
    return wrong(message, `"context" must hold "arguments", an object of texts`);
  }
  return ok({
    method: "completion/complete",
    ref: target,
    argument: { name: argument.name, value: argument.value },
    ...(settled === undefined ? {} : { context: settled }),
  });
};

type Reference = Extract<Asked, { readonly method: "completion/complete" }>["ref"];

function readReference(ref: unknown): Reference | undefined {
  if (!isMembers(ref)) return undefined;
  if (ref.type === "ref/prompt" && isText(ref.name, MAX_NAME_LENGTH)) return { type: "ref/prompt", name: ref.name };
  if (ref.type === "ref/resource" && isText(ref.uri, MAX_URI_LENGTH)) return { type: "ref/resource", uri: ref.uri };
  return undefined;
}

export const readTask: Read = (message) => {
  const { taskId, inputResponses } = message.params ?? {};
  if (!isText(taskId, MAX_TASK_ID_LENGTH)) return wrong(message, `"taskId" must be the id of a task`);
  if (message.method === "tasks/get" || message.method === "tasks/cancel") return ok({ method: message.method, taskId });
  if (!isMembers(inputResponses)) return wrong(message, `"inputResponses" must be an object`);
  return ok({ method: "tasks/update", taskId, inputResponses });
};

/** What it means is between the two ends: it is read as a whole, and judged as such. */
export const readExtension: Read = ({ method, params = {} }) => {
  const { _meta, ...args } = params;
  return ok({ method: "extension", name: method, args });
};

export function readLevel(message: Message): Result<LogLevel, Fault> {
  const level = message.params?.level;
  return isLevel(level) ? ok(level) : wrong(message, `"level" must be one of ${logLevels.join(", ")}`);
}

export function isLevel(value: unknown): value is LogLevel {
  return logLevels.some((level) => level === value);
}

export function wrong(message: Message, what: string): { readonly ok: false; readonly error: Fault } {
  return err(badParams(`Invalid params: ${what}`, message));
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= longest;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isMembers(value) && Object.values(value as Members).every((text) => typeof text === "string");
}
