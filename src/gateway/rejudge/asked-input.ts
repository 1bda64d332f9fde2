export type Members = Readonly<Record<string, unknown>>;

/** `toolgate.input/v1` as a record holds it. A leaf that a mask replaced is a text, wherever it stands. */
export interface AskedInput extends Members {
  readonly method?: unknown;
  readonly time?: unknown;
  readonly server?: unknown;
  readonly args?: unknown;
  readonly masked?: unknown;
  readonly limits?: unknown;
}

/** What servers ask clients for. */
export const questionKinds = ["elicitation", "sampling", "roots"] as const;
export type QuestionKind = (typeof questionKinds)[number];

const kinds = ["tool", "prompt", "resource", "completion", "extension", ...questionKinds] as const;
export type AskedKind = (typeof kinds)[number];

/** Of which kind the target is: the one member that says so. */
export function kindOf(input: AskedInput): AskedKind | undefined {
  const present = kinds.filter((kind) => Object.hasOwn(input, kind));
  return present.length === 1 ? present[0] : undefined;
}

export function isQuestion(kind: AskedKind): kind is QuestionKind {
  return questionKinds.some((one) => one === kind);
}

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

/** The text at a member of a member, or nothing. */
export function textAt(input: Members, outer: string, inner: string): string | undefined {
  const holder = input[outer];
  const value = isMembers(holder) ? holder[inner] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Unix milliseconds of the decision's frozen clock. */
export function instantOf(input: AskedInput): number | undefined {
  const at = Date.parse(textAt(input, "time", "rfc3339") ?? "");
  return Number.isNaN(at) ? undefined : at;
}
