import { headText, reasonsText } from "../record.ts";
import { hostReason } from "../refusal.ts";
import { recordHead } from "../settle.ts";
import type { ParkedCall } from "./parking.ts";

/**
 * The leg that was parked has its outcome on record already, so that what became of it in the end is a record of its own,
 * which names it.
 */
export async function recordAbandoned({ call }: ParkedCall): Promise<void> {
  const { parts } = call;
  const now = parts.clock.now();
  const reasons = [hostReason("question.abandoned")];
  const head = headText({ ...recordHead(call, "refusal"), id: parts.ids.decision(now), now, resumes: call.id });
  for (const { code } of reasons) parts.meter.reason(code);
  await parts.log.append(`${head},"effect":"deny"${reasonsText(reasons)}}`, parts.durability.other);
}
