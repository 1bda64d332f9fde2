/** One step below `input` or `data`: a member, an index, or null where any may be meant. */
export type Step = string | number | null;

/** What a value comes from, as far as it can be told without running it. */
export interface Origin {
  readonly root: "input" | "data";
  readonly path: readonly Step[];
}

export const wholeInput: Origin = { root: "input", path: [] };

/** As an author writes it: `input.args.items[_].price`. */
export function originText({ root, path }: Origin): string {
  return root + path.map(stepText).join("");
}

function stepText(step: Step): string {
  if (step === null) return "[_]";
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

export function below({ root, path }: Origin, steps: readonly Step[]): Origin {
  return { root, path: [...path, ...steps] };
}

/** Whether the origin may be the member, hold it, or lie in it. */
export function touches({ root, path }: Origin, member: string): boolean {
  const [first] = path;
  return root === "input" && (first === undefined || first === null || first === member);
}

/** Whether two origins are the same, step by step. */
export function sameOrigin(a: Origin, b: Origin): boolean {
  return a.root === b.root && a.path.length === b.path.length && a.path.every((step, at) => step === b.path[at]);
}
