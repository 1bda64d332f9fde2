import type { IntendedCall } from "./call.ts";
import { type Concluded, charged } from "./concluded.ts";
import type { Sent } from "./conversation/index.ts";
import { lastWord } from "./last-word.ts";
import { createdTask } from "./tasks/index.ts";
import { isUrlRequired, urlRequired } from "./url-required.ts";

/** What becomes of a request that a server has nothing more to ask about. */
export async function conclude(call: IntendedCall, sent: Sent): Promise<Concluded> {
  // During a method of an extension nothing is asked: such an error is not let out.
  if (sent.ok && call.target.kind !== "extension" && isUrlRequired(sent.value)) return await urlRequired(call, sent.value);
  if (sent.ok && sent.value.outcome.kind === "task") return charged(createdTask(call, sent.value, sent.value.outcome.task));
  return await lastWord(call, sent);
}
