import type { Item } from "./script.ts";
import { behaviourTurn, failure, type Message, reply, type Script, type Turn } from "./turn.ts";

/** What a script offers besides tools, as capabilities. */
export function features(script: Script): object {
  return {
    ...(script.prompts === undefined ? {} : { prompts: { listChanged: true } }),
    ...(script.resources === undefined && script.templates === undefined ? {} : { resources: { subscribe: true, listChanged: true } }),
    ...(script.completions === true ? { completions: {} } : {}),
    ...(script.logging === true ? { logging: {} } : {}),
    ...(script.extensions === undefined ? {} : { extensions: script.extensions }),
  };
}

/** Prompts, resources, completions and tasks; undefined for a method that is none of theirs, or that the script does not offer. */
export function featureTurn(script: Script, message: Message, seal: (result: object) => object): Turn | undefined {
  const { id, params } = message;
  switch (message.method) {
    case "prompts/list":
      return script.prompts && reply(id, seal(cached({ prompts: script.prompts }, seal)));
    case "resources/list":
      return (script.resources ?? script.templates) && reply(id, seal(cached({ resources: script.resources ?? [] }, seal)));
    case "resources/templates/list":
      return (script.resources ?? script.templates) && reply(id, seal(cached({ resourceTemplates: script.templates ?? [] }, seal)));
    case "prompts/get":
      return script.prompts && getPrompt(script, message, seal);
    case "resources/read":
      return script.resources === undefined && script.templates === undefined ? undefined : readResource(script, message, seal);
    case "resources/subscribe":
    case "resources/unsubscribe":
      return script.resources && reply(id, {});
    case "logging/setLevel":
      return script.logging === true ? reply(id, {}) : undefined;
    case "completion/complete": {
      const { value } = (params?.argument ?? {}) as { readonly value?: string };
      return script.completions === true ? reply(id, seal({ completion: { values: [`${value}1`], total: 1, hasMore: false } })) : undefined;
    }
    case "tasks/get":
    case "tasks/update":
    case "tasks/cancel":
      return taskTurn(script, message, seal);
    default:
      return undefined;
  }
}

function cached(result: object, seal: (result: object) => object): object {
  return "resultType" in seal({}) ? { ...result, ttlMs: 0, cacheScope: "private" } : result;
}

function getPrompt(script: Script, message: Message, seal: (result: object) => object): Turn {
  const name = String(message.params?.name);
  const args = message.params?.arguments;
  if (!has(script.prompts, "name", name)) return failure(message.id, -32602, `Unknown prompt: ${name}`);
  const content = { type: "text", text: `${name} ${JSON.stringify(args ?? null)}` };
  return behaviourTurn(script, message, seal, { key: `prompts/get ${name}`, args, echo: { messages: [{ role: "user", content }] } });
}

function readResource(script: Script, message: Message, seal: (result: object) => object): Turn {
  const uri = String(message.params?.uri);
  const templated = (script.templates ?? []).some(({ uriTemplate }) => uri.startsWith(String(uriTemplate).split("{")[0] ?? ""));
  if (!templated && !has(script.resources, "uri", uri)) {
    const stateless = "resultType" in seal({});
    return failure(message.id, stateless ? -32602 : -32002, "Resource not found", { uri });
  }
  const contents = [{ uri, mimeType: "text/plain", text: `contents of ${uri}` }];
  return behaviourTurn(script, message, seal, { key: `resources/read ${uri}`, args: { uri }, echo: cached({ contents }, seal) });
}

/** Every task that a tool of the script is answered with. */
function taskTurn(script: Script, message: Message, seal: (result: object) => object): Turn | undefined {
  const tasks = Object.values(script.answers).flatMap((answer) =>
    typeof answer === "object" && answer.kind === "task" ? [answer.task] : [],
  );
  if (tasks.length === 0) return undefined;
  const task = tasks.find(({ taskId }) => taskId === message.params?.taskId);
  if (task === undefined) return failure(message.id, -32602, "Unknown task");
  return reply(message.id, message.method === "tasks/get" ? seal(task) : seal({}));
}

function has(items: readonly Item[] | undefined, key: string, value: string): boolean {
  return items?.some((item) => item[key] === value) ?? false;
}
