import { extraPrompt, type ReferencePrompt, referencePrompts } from "./prompts.ts";
import { extraResource, type ReferenceResource, referenceResources } from "./resources.ts";
import { extraTool, type ReferenceTool, referenceTools } from "./tools/index.ts";
import type { List } from "./turn.ts";

export type CallEvent = "called" | "cancelled";
/** A list changed, or one resource. */
export type News = { readonly list: List } | { readonly uri: string };

/** What the server offers now: one for the whole process, whoever is connected. */
export class Offer {
  readonly #listeners = new Set<(news: News) => void>();
  readonly #onCall: (tool: string, what: CallEvent) => void;
  readonly #more = new Set<List>();

  constructor(onCall: (tool: string, what: CallEvent) => void = () => {}) {
    this.#onCall = onCall;
  }

  get tools(): readonly ReferenceTool[] {
    return this.#more.has("tools") ? [...referenceTools, extraTool] : referenceTools;
  }

  get prompts(): readonly ReferencePrompt[] {
    return this.#more.has("prompts") ? [...referencePrompts, extraPrompt] : referencePrompts;
  }

  get resources(): readonly ReferenceResource[] {
    return this.#more.has("resources") ? [...referenceResources, extraResource] : referenceResources;
  }

  /** Offers one item more, or one less. */
  change(list: List): void {
    if (!this.#more.delete(list)) this.#more.add(list);
    this.#tell({ list });
  }

  touch(uri: string): void {
    this.#tell({ uri });
  }

  onNews(listener: (news: News) => void): () => void {
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

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}
