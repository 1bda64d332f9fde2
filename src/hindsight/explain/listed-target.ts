import type { Rehearsal } from "../../gateway/index.ts";
import { without } from "./rules/index.ts";

export interface ListedInput {
  /** As its rules saw it. */
  readonly text: string;
  /** As the library was asked: a list of this one. */
  readonly listText: string;
}

/**
 * What a list asked policy about one target: what all of them have in common, from the record, and the target as the
 * bundle has it. Whether the server had changed its definition is not on record: then it was not listed, whatever policy says.
 */
export function inputOfListed(recorded: string, target: string, { targets }: Rehearsal): ListedInput | string {
  const found = targets.tools.get(target) ?? targets.prompts.get(target) ?? entryOf(target, targets);
  if (found === undefined) return `the bundle has no "${target}", as in crm.refund; so it is in no list`;
  const common = without(recorded, new Set(["items", "server", "tool", "prompt", "resource"]));
  const item = `${found.serverText},${found.pinnedText}`;
  return { text: `${common.slice(0, -1)},${item}}`, listText: `${common.slice(0, -1)},"items":[{${item}}]}` };
}

function entryOf(target: string, { byServer }: Rehearsal["targets"]) {
  const [server = "", ...name] = target.split(".");
  return byServer.get(server)?.entries.get(name.join("."));
}
