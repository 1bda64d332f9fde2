import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "./access.ts";

/** The cells of one group of targets, by classes. */
export interface Block {
  readonly targets: readonly AccessTarget[];
  readonly callerClass: Uint32Array;
  readonly targetClass: readonly number[];
  /** By class of callers, then of targets. Equal rows are one list. */
  readonly rows: readonly (readonly AccessCell[])[];
}

interface Parts extends Pick<AccessTable, "callers" | "failures" | "notes"> {
  readonly blocks: readonly Block[];
}

export function assembleTable({ callers, blocks, failures, notes }: Parts): AccessTable {
  const places = new Map(callers.map((caller, place) => [caller, place]));
  const found = new Map(
    blocks.flatMap((block) => block.targets.map((target, at) => [target, { block, at: block.targetClass[at] ?? -1 }] as const)),
  );
  return {
    callers,
    targets: blocks.flatMap(({ targets }) => targets),
    alike: alikeOf(callers, blocks),
    cell(caller, target) {
      const place = places.get(caller);
      const column = found.get(target);
      const cell = place === undefined ? undefined : column?.block.rows[column.block.callerClass[place] ?? -1]?.[column.at];
      if (cell === undefined) throw new Error(`"${caller.agent}" or "${target.id}" is not of this table`);
      return cell;
    },
    failures,
    notes,
  };
}

function alikeOf(callers: readonly AccessCaller[], blocks: readonly Block[]): readonly (readonly AccessCaller[])[] {
  const numbers = new Map<readonly AccessCell[], number>();
  for (const { rows } of blocks) for (const row of rows) if (!numbers.has(row)) numbers.set(row, numbers.size);
  const alike = new Map<string, AccessCaller[]>();
  for (const [place, caller] of callers.entries()) {
    const key = blocks.map(({ rows, callerClass }) => numbers.get(rows[callerClass[place] ?? -1] ?? []) ?? "").join(" ");
    const others = alike.get(key);
    if (others) others.push(caller);
    else alike.set(key, [caller]);
  }
  return [...alike.values()];
}
