/** What a server may ask its client for. */
export type Asked = "sampling" | "elicitation" | "roots";

/** A question to the client, in the protocol's words. */
export interface Question {
  readonly method: "sampling/createMessage" | "elicitation/create" | "roots/list";
  readonly params: Readonly<Record<string, unknown>>;
}

export type Answers = Readonly<Record<string, unknown>>;

/** The end of a round: the client is asked, and the work begins anew with what it answered and with this state. */
export interface Asking {
  readonly kind: "ask";
  readonly questions: Readonly<Record<string, Question>>;
  readonly state?: unknown;
  /** What it means if the client cannot be asked; the error of the question, where nothing is said. */
  readonly otherwise?: Refusal;
}

/** The end of the work: the client did not declare what it would have to be asked for. */
export interface Refusal {
  readonly kind: "refuse";
  readonly missing: Asked;
}

/** A list of the server, of which each has an item that comes and goes. */
export type List = "tools" | "prompts" | "resources";

/** One round of a request as a tool or prompt sees it, the same in both eras. */
export interface Turn {
  readonly args: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** By the keys of the last round's questions. Nothing the client said is checked. */
  readonly answers: Answers;
  /** What the last round left behind. */
  readonly state: unknown;
  /** Whether the client declared that it can be asked. */
  can(what: Asked): boolean;
  /** Says nothing where the caller wants no progress. */
  progress(done: number, total: number): Promise<void>;
  log(text: string): Promise<void>;
  /** Offers one item more, or one less, and tells whoever listens. */
  change(list: List): void;
  /** Says that a resource changed to whoever subscribed to it. */
  touch(uri: string): void;
  /** Drops the stream of the answer where the era can resume it; the client comes back for the rest. */
  hangUp(): void;
  /** Asks in the middle of the work and waits; a session, or a task, can do that. */
  readonly askNow?: (questions: Asking["questions"]) => Promise<Answers>;
}

/** What the user filled in, unless there was no such answer or the user did not want to. */
export function accepted(answers: Answers, key: string): Readonly<Record<string, unknown>> | undefined {
  const answer = answers[key];
  if (!isRecord(answer) || answer.action !== "accept" || !isRecord(answer.content)) return undefined;
  return answer.content;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
