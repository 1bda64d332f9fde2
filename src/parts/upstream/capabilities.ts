import type { ClientCapabilities } from "../../core/client.ts";
import type { QuestionMethod } from "../../core/methods.ts";
import type { ServerAsk, ServerDefinition } from "../../core/server.ts";
import type { Members } from "./answer.ts";

/** The extension with which a stateless server may make a task of a call. */
export const TASKS = "io.modelcontextprotocol/tasks";

type Permitted = Pick<ServerDefinition, "asks" | "extensions">;

/**
 * The client capabilities that a server is told of where no single client stands behind the request: when it is opened,
 * and when its lists are read. They are part of what a pin covers, so they depend on the definition alone, and are empty
 * for a server that may ask for nothing.
 */
export function declaredCapabilities(server: Permitted): Readonly<Record<string, unknown>> {
  return {
    ...(server.asks.includes("elicitation") ? { elicitation: { form: {}, url: {} } } : {}),
    ...(server.asks.includes("sampling") ? { sampling: {} } : {}),
    ...(server.asks.includes("roots") ? { roots: {} } : {}),
    ...extensionsOf(server.extensions, (_id) => ({})),
  };
}

/** What one client can do, as far as the server may ask for it. */
export function sharedCapabilities(server: Permitted, client: ClientCapabilities): Readonly<Record<string, unknown>> {
  const { elicitation, sampling, roots, extensions } = client;
  const may = (ask: ServerAsk) => server.asks.includes(ask);
  return {
    // An empty object would stand for forms.
    ...((elicitation?.form === true || elicitation?.url === true) && may("elicitation")
      ? { elicitation: { ...(elicitation.form ? { form: {} } : {}), ...(elicitation.url ? { url: {} } : {}) } }
      : {}),
    ...(sampling !== undefined && may("sampling")
      ? { sampling: { ...(sampling.tools ? { tools: {} } : {}), ...(sampling.context ? { context: {} } : {}) } }
      : {}),
    ...(roots === true && may("roots") ? { roots: {} } : {}),
    ...extensionsOf(
      server.extensions.filter((id) => Object.hasOwn(extensions, id)),
      (id) => extensions[id] ?? {},
    ),
  };
}

export function isEmpty(members: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(members).length === 0;
}

const kinds: Readonly<Record<QuestionMethod, ServerAsk>> = {
  "elicitation/create": "elicitation",
  "sampling/createMessage": "sampling",
  "roots/list": "roots",
};

/** The method, if it is that of a question which the server's definition lets it ask. */
export function permittedQuestion(server: Permitted, method: unknown): QuestionMethod | undefined {
  if (!isQuestion(method)) return undefined;
  return server.asks.includes(kinds[method]) ? method : undefined;
}

export function isQuestion(method: unknown): method is QuestionMethod {
  return typeof method === "string" && Object.hasOwn(kinds, method);
}

/** The params of a question without `_meta`, or undefined if they are none. Only `roots/list` may do without. */
export function questionParams(method: QuestionMethod, params: unknown): Members | undefined {
  if (params === undefined) return method === "roots/list" ? {} : undefined;
  if (typeof params !== "object" || params === null || Array.isArray(params)) return undefined;
  const { _meta, ...rest } = params as Members;
  return rest;
}

function extensionsOf(ids: readonly string[], settings: (id: string) => unknown): Readonly<Record<string, unknown>> {
  return ids.length === 0 ? {} : { extensions: Object.fromEntries(ids.map((id) => [id, settings(id)])) };
}
