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

  called(tool: string, signal: AbortSignal): void {
    this.#onCall(tool, "called");
    signal.addEventListener("abort", () => this.#onCall(tool, "cancelled"), { once: true });
  }
}

export type CallEvent = "called" | "cancelled";
