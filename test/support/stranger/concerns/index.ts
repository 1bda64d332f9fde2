import type { Stranger } from "../company.ts";
import { type Concern, served } from "./concern.ts";
import { otherConcerns } from "./other-concerns.ts";
import { toolConcerns } from "./tool-concerns.ts";

export type { Concern } from "./concern.ts";

/** As many packages as the size says: one of each that judges no tools, the rest spread over servers and shapes. */
export function concernsOf(stranger: Stranger): readonly Concern[] {
  const others = otherConcerns(stranger);
  // What stands in the other environment is judged by that alone.
  const servers = stranger.servers.filter(({ apart }) => !apart);
  const shapes = toolConcerns.length;
  const about = Array.from({ length: Math.max(0, stranger.size.packages - others.length) }, (_, at) => {
    const [word, template] = toolConcerns[at % shapes] ?? [];
    const server = servers[((at % shapes) + Math.floor(at / shapes)) % servers.length];
    return word === undefined || template === undefined || server === undefined ? [] : [template(served(word, server))];
  });
  return [...others, ...about.flat()];
}
