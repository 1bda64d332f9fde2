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
  return visibleUnder(generation.policy, discoverText(kind, common), caller.widest, items);
}

/** The same under an input that is written already, but for its items. */
export async function visibleUnder<Item extends Judged>(
  policy: Pick<Generation["policy"], "discover">,
  text: string,
  widest: number,
  items: readonly Item[],
): Promise<readonly Item[]> {
  const visible: Item[] = [];
  for (let from = 0; from < items.length; from += ITEMS_PER_EVALUATION) {
    const part = items.slice(from, from + ITEMS_PER_EVALUATION);
    const shown = await policy.discover(withItems(text, part), {
      widest: Math.max(part.length, widest),
      nested: part.some((item) => item.nested),
    });
    for (const [index, item] of part.entries()) if (shown[index] === true) visible.push(item);
  }
  return visible;
}

const limits = '"limits":{"truncated":[],"omitted":[]}}';

/** The input of a list without its items, as records have it. */
export function discoverText(kind: ListKind, common: string): string {
  return `{"phase":"discover","method":"${listMethods[kind]}",${common},${limits}`;
}

function withItems(text: string, items: readonly Judged[]): string {
  return `${text.slice(0, -limits.length)}"items":[${items.map(itemText).join(",")}],${limits}`;
}

function itemText({ serverText, pinnedText }: Judged): string {
  return `{${serverText},${pinnedText}}`;
}
