import type { CallerFacts } from "../caller-facts.ts";
import type { Exchange, ListKind } from "../gateway.ts";
import type { Generation } from "../generation.ts";
import { commonText } from "../input.ts";
import type { TargetOf } from "../targets/index.ts";

/** Items judged in one evaluation; a longer list is judged in several, so that no list of a large company times out. */
const ITEMS_PER_EVALUATION = 250;

export const listMethods = {
  tools: "tools/list",
  prompts: "prompts/list",
  resources: "resources/list",
  templates: "resources/templates/list",
} as const satisfies Record<ListKind, string>;

type Judged = Pick<TargetOf<"tool" | "prompt" | "resource">, "serverText" | "pinnedText" | "nested">;

/** Which of the targets are open for this caller: the same rules, on the same facts, as a call. */
export async function visibleOf<Item extends Judged>(
  exchange: Exchange,
  generation: Pick<Generation, "policy" | "timeText">,
  caller: CallerFacts,
  kind: ListKind,
  items: readonly Item[],
  now: number,
): Promise<readonly Item[]> {
  const common = commonText(exchange, caller, generation.timeText(now), now);
  const visible: Item[] = [];
  for (let from = 0; from < items.length; from += ITEMS_PER_EVALUATION) {
    const part = items.slice(from, from + ITEMS_PER_EVALUATION);
    const input = `{"phase":"discover","method":"${listMethods[kind]}",${common},"items":[${part.map(itemText).join(",")}],"limits":{"truncated":[],"omitted":[]}}`;
    const shown = await generation.policy.discover(input, {
      widest: Math.max(part.length, caller.widest),
      nested: part.some((item) => item.nested),
    });
    for (const [index, item] of part.entries()) if (shown[index] === true) visible.push(item);
  }
  return visible;
}

function itemText({ serverText, pinnedText }: Judged): string {
  return `{${serverText},${pinnedText}}`;
}
