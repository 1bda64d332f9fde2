import type { Generation } from "../generation.ts";
import { type ApprovedKind, approvedOf, listMethods, serversAt, visibleUnder } from "../lists/index.ts";
import type { Targets } from "../targets/index.ts";
import { type AskedInput, isMembers } from "./asked-input.ts";
import { hiddenIn, missedAgain } from "./hidden.ts";
import type { JudgedList, Relisted } from "./rejudge.ts";
import { missed, type Unjudgeable, unjudgeable } from "./unjudgeable.ts";

export interface RelistedOn {
  readonly policy: Pick<Generation["policy"], "discover">;
  readonly catalog: Pick<Generation["catalog"], "readsFor">;
  readonly targets: Targets;
}

const inputKinds = { tools: "tool", prompts: "prompt", templates: "resource" } as const satisfies Record<ApprovedKind, string>;

/** Shows the list of a record again, from the catalog of its own bundle. */
export async function relist(
  { policy, catalog, targets }: RelistedOn,
  { door, absent }: JudgedList,
  input: AskedInput,
  textOf: () => string,
  widest: number,
): Promise<Relisted | Unjudgeable> {
  const hidden = hiddenIn(input);
  const everything = hidden.find(({ steps }) => steps.length === 0);
  if (everything) return missed(everything);
  const kind = kindOfList(input);
  if (kind === undefined) return unjudgeable("", "single resources were in their server's words, which are not on record");
  const exchange = door === "aggregate" ? {} : { serverId: door };
  const gone = new Set(absent);
  const offered = serversAt(exchange, { targets }).flatMap((own) =>
    gone.has(own.server.id) ? [] : approvedOf(targets, own, kind, door === "aggregate").filter(({ id }) => !gone.has(id)),
  );
  for (const server of hidden.length === 0 ? [] : new Set(offered.map((target) => target.server.id))) {
    const leaf = missedAgain(hidden, catalog.readsFor(server, inputKinds[kind]));
    if (leaf) return missed(leaf);
  }
  const visible = await visibleUnder(policy, textOf(), widest, offered);
  return { kind: "listed", offered: offered.length, visible: visible.map(({ id }) => id) };
}

function kindOfList({ method, phase }: AskedInput): ApprovedKind | undefined {
  if (phase !== "discover") return undefined;
  return (Object.keys(inputKinds) as ApprovedKind[]).find((kind) => listMethods[kind] === method);
}

/** Most entries of any array about the caller. */
export function widthOfCaller({ user, delegation }: AskedInput): number {
  const lists = [isMembers(user) ? user.groups : undefined, isMembers(user) ? user.roles : undefined, delegation];
  return Math.max(...lists.map((list) => (Array.isArray(list) ? list.length : 0)));
}
