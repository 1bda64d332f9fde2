import type { Behaviour, Item, Tool } from "./script.ts";

export type ServedEra = "session" | "stateless" | "both";

export interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A message as it came in, with its exact text. */
export interface Received {
  readonly raw: string;
  readonly message: Message;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RecordedCall {
  readonly tool: string;
  readonly args: unknown;
  /** The arguments' exact text as it stood in the request; undefined if there were none. */
  readonly argsText: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
}

export interface Script {
  readonly era: ServedEra;
  readonly tools: readonly Tool[];
  readonly prompts?: readonly Item[];
  readonly resources?: readonly Item[];
  readonly templates?: readonly Item[];
  /** Completes every argument with the value and a digit. */
  readonly completions?: boolean;
  readonly logging?: boolean;
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** By tool, by `<method> <prompt name or uri>`, or by method; a function sees the arguments. Without an entry: what is right. */
  readonly answers: Readonly<Record<string, Behaviour | ((args: unknown) => Behaviour)>>;
  readonly pageSize?: number;
  /** The newest session version offered; older ones that the client asks for are accepted. */
  readonly sessionVersion?: string;
  readonly listChanged?: boolean;
}

export type Turn =
  | { readonly kind: "reply"; readonly message: unknown; readonly opensSession?: boolean }
  | BehaveTurn
  | { readonly kind: "none" };

export interface BehaveTurn {
  readonly kind: "behave";
  readonly behaviour: Behaviour;
  readonly echo: unknown;
  readonly id: unknown;
  readonly token: unknown;
  readonly stateless: boolean;
  /** What the client brought back to questions. */
  readonly inputResponses?: unknown;
}

export function isStateless(message: Message): boolean {
  const meta = message.params?._meta;
  return typeof meta === "object" && meta !== null && "io.modelcontextprotocol/protocolVersion" in meta;
}

/** What the script says about this request, or the echo. */
export function behaviourTurn(
  script: Script,
  message: Message,
  seal: (result: object) => object,
  { key, args, echo }: { readonly key: string; readonly args: unknown; readonly echo: object },
): BehaveTurn {
  const answer = script.answers[key];
  const behaviour = typeof answer === "function" ? answer(args) : (answer ?? { kind: "echo" });
  const meta = message.params?._meta as { progressToken?: unknown } | undefined;
  const sealed = behaviour.kind === "result" ? { ...behaviour, result: { ...seal({}), ...behaviour.result } } : behaviour;
  const about = { echo: seal(echo), id: message.id, token: meta?.progressToken, stateless: isStateless(message) };
  return { kind: "behave", behaviour: sealed, ...about, inputResponses: message.params?.inputResponses };
}

export function reply(id: unknown, result: unknown): { readonly kind: "reply"; readonly message: unknown } {
  return { kind: "reply", message: { jsonrpc: "2.0", id, result } };
}

export function failure(id: unknown, code: number, message: string, data?: unknown): { readonly kind: "reply"; readonly message: unknown } {
  return { kind: "reply", message: { jsonrpc: "2.0", id: id ?? null, error: { code, message, ...(data === undefined ? {} : { data }) } } };
}
