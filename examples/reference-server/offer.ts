import { extraTool, type ReferenceTool, referenceTools } from "./tools.ts";

/** What the server offers now: one for the whole process, whoever is connected. */
export class Offer {
  readonly #listeners = new Set<() => void>();
  readonly #onCall: (tool: string, what: CallEvent) => void;
  #more = false;

  constructor(onCall: (tool: string, what: CallEvent) => void = () => {}) {
    this.#onCall = onCall;
  }

  get tools(): readonly ReferenceTool[] {
    return this.#more ? [...referenceTools, extraTool] : referenceTools;
  }

  change(): void {
    this.#more = !this.#more;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs a tool, and tells whether the call was cancelled before it was over. */
  async run<T>(tool: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.#onCall(tool, "called");
    const cancelled = () => this.#onCall(tool, "cancelled");
    signal.addEventListener("abort", cancelled, { once: true });
    try {
      return await work();
    } finally {
      signal.removeEventListener("abort", cancelled);
    }
  }
}

export type CallEvent = "called" | "cancelled";
