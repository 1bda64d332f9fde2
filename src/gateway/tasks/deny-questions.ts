import type { Concluded } from "../concluded.ts";
import { charged } from "../concluded.ts";
import { lastWord } from "../last-word.ts";
import { type Denied, declines, endInstead } from "../questions/index.ts";
import type { TaskRequest } from "./task-request.ts";

/** Answers what may not be asked, or ends what cannot be answered. */
export async function denyOf(request: TaskRequest, denied: ReadonlyMap<string, Denied>): Promise<Concluded | undefined> {
  if (denied.size === 0) return undefined;
  const verdicts = [...denied.values()];
  if (verdicts.every(declines)) {
    const no = Object.fromEntries([...denied.keys()].map((key) => [key, { action: "decline" }]));
    const sent = await request.send("tasks/update", `"inputResponses":${JSON.stringify(no)}`);
    return sent.ok ? undefined : await lastWord(request.call, sent);
  }
  const ending = endInstead(verdicts.filter((verdict) => !declines(verdict)));
  // A client that cannot answer may come back as one that can.
  if (ending.kind !== "incapable") await request.send("tasks/cancel");
  return charged(ending);
}
