import type { AccessTarget } from "../access/index.ts";
import { andMore } from "./callers.ts";

export function targetKey({ kind, id }: AccessTarget): string {
  return `${kind} ${id}`;
}

/** Many targets in few words: `crm.* (5 tools), files.write_file`. `all` are those that were asked about. */
export function tellTargets(some: readonly AccessTarget[], all: readonly AccessTarget[], most = 6): string {
  const wholes: string[] = [];
  const names: string[] = [];
  const everything = byServer(all);
  for (const [key, targets] of byServer(some)) {
    const [first] = targets;
    if (first === undefined) continue;
    const whole = targets.length > 1 && targets.length === everything.get(key)?.length;
    if (whole) wholes.push(`${first.server}.* (all ${targets.length} ${first.kind}s)`);
    else names.push(...targets.map((target) => (target.kind === "tool" ? target.id : `${target.kind} ${target.id}`)).sort());
  }
  const parts = [...andMoreOf(wholes, most), ...(names.length === 0 ? [] : [andMore(names, most, "targets")])];
  return parts.join(", ");
}

function andMoreOf(words: readonly string[], most: number): readonly string[] {
  return words.length === 0 ? [] : [andMore(words, most, "servers")];
}

function byServer(targets: readonly AccessTarget[]): ReadonlyMap<string, readonly AccessTarget[]> {
  const servers = new Map<string, AccessTarget[]>();
  for (const target of targets) {
    const key = `${target.kind} ${target.server}`;
    const own = servers.get(key);
    if (own === undefined) servers.set(key, [target]);
    else own.push(target);
  }
  return servers;
}
