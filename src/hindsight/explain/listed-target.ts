import type { Rehearsal } from "../../gateway/index.ts";
import type { LogRecord } from "../../parts/decisions/index.ts";
import { without } from "./rules/index.ts";

export interface ListedInput {
  /** As its rules saw it. */
  readonly text: string;
  /** As the library was asked: a list of this one. */
  readonly listText: string;
}

/**
 * What a list asked policy about one target: what all of them have in common, from the record, and the target as the
 * bundle has it. A sentence where the list could not hold it.
 */
export function inputOfListed(recorded: string, record: LogRecord, target: string, { targets }: Rehearsal): ListedInput | string {
  const found = targetIn(String(record.method), target, targets);
  if (found === undefined) return `the bundle has no "${target}" that ${String(record.method)} could show, as in crm.refund`;
  const { door } = record;
  if (typeof door === "string" && door !== "aggregate" && door !== found.server.id)
    return `"${target}" is of another server than the one that was asked, "${door}"`;
  const common = without(recorded, new Set(["items", "server", "tool", "prompt", "resource"]));
  const item = `${found.serverText},${found.pinnedText}`;
  return { text: `${common.slice(0, -1)},${item}}`, listText: `${common.slice(0, -1)},"items":[{${item}}]}` };
}

function targetIn(method: string, target: string, { tools, prompts, byServer }: Rehearsal["targets"]) {
  if (method === "tools/list") return tools.get(target);
  if (method === "prompts/list") return prompts.get(target);
  const [server = "", ...name] = target.split(".");
  return byServer.get(server)?.entries.get(name.join("."));
}

/** What became of a target in a list, as the record says it. `absent`: it was not there to be judged. */
export type PlaceInList = "listed" | "not_listed" | "absent";

export function placeInList({ visible, absent }: LogRecord, target: string): PlaceInList {
  if (Array.isArray(visible) && visible.includes(target)) return "listed";
  const server = target.split(".", 1)[0];
  return Array.isArray(absent) && (absent.includes(target) || absent.includes(server)) ? "absent" : "not_listed";
}

/** Why an approved target was not judged: the record names it, and not which of these it was. */
export function absentText(target: string): string {
  return `the server did not offer ${target} as it was approved: it was away, had another definition, or was quarantined`;
}
