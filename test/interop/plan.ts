/** What every client does with a server: the same steps, in the words of that server. */
export interface Plan {
  readonly tool: WantedCall;
  readonly prompt?: { readonly name: string; readonly args: Readonly<Record<string, string>> };
  readonly resource?: string;
  /** A tool that asks the user for a name before it answers. */
  readonly question?: WantedCall;
}

export interface WantedCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** A part of the text that it answers with. */
  readonly wants: string;
}

export const steps = ["connect", "tools", "call", "prompt", "resource", "question"] as const;
export type Step = (typeof steps)[number];

/** What became of each step that was tried; `said` is the revision agreed on, a count, or what went wrong. */
export type Outcome = Partial<Record<Step, { readonly ok: boolean; readonly said: string }>>;

/** The name that every client gives when a server asks for one. */
export const givenName = "ann";

export async function attempt(outcome: Outcome, step: Step, work: () => Promise<unknown>): Promise<boolean> {
  try {
    outcome[step] = { ok: true, said: String(await work()) };
    return true;
  } catch (error) {
    outcome[step] = { ok: false, said: String(error instanceof Error ? error.message : error).slice(0, 300) };
    return false;
  }
}

export function wanted(text: string, { wants }: WantedCall, isError: boolean): string {
  if (isError || !text.includes(wants)) throw new Error(`wanted ${JSON.stringify(wants)}: ${text.slice(0, 200)}`);
  return text;
}
