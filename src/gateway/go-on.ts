import { isDeepStrictEqual } from "node:util";
import { aheadOf } from "./ahead.ts";
import type { IntendedCall, Resumed } from "./call.ts";
import { type Concluded, charged, free } from "./concluded.ts";
import { askAgain, talk } from "./conversation/index.ts";
import type { ParkedCall } from "./parking/index.ts";
import { answerInstead, answersIn, endInstead, isUnrecorded, judgeQuestions, recordAnswers } from "./questions/index.ts";
import { hostReason } from "./refusal.ts";
import { callIsGone } from "./seals.ts";
import { withObligationsOf } from "./with-obligations.ts";

type Parked = Resumed & { readonly kind: "parked" };

/**
 * Goes on with a call whose server waited: its answers go to it, and the obligations that it was let through with still
 * hold. `onTaken` is told once the server may act again.
 */
export async function goOn(call: IntendedCall, resumed: Parked, onTaken: () => void): Promise<Concluded> {
  const parked = call.parts.parking.take(resumed.park, call.exchange.caller.key);
  if (!parked) return free({ kind: "invalid", detail: callIsGone });
  onTaken();
  try {
    return await goOnWith(call, resumed, parked);
  } catch (error) {
    parked.conversation.abandon();
    throw error;
  }
}

async function goOnWith(call: IntendedCall, resumed: Parked, parked: ParkedCall): Promise<Concluded> {
  const { conversation, outstanding, round } = parked;
  // Another bundle may name another place for the server: what is decided now is decided about that one.
  if (!isDeepStrictEqual(parked.call.target.server, call.target.server)) return given(parked, { kind: "invalid", detail: callIsGone });
  const bound: IntendedCall = { ...call, decision: withObligationsOf(call.decision, parked.call.decision) };
  const denied = await deniedByNow(bound, resumed, parked);
  const verdicts = [...denied.values()];
  if (verdicts.some(isUnrecorded)) return given(parked, endInstead(verdicts));
  const asked = new Map([...resumed.asked].filter(([key]) => !denied.has(key)));
  if (!(await recordAnswers(call, asked, answersIn(resumed))))
    return given(parked, { kind: "refused", reasons: [hostReason("gateway.log_unavailable")] });
  conversation.follow({ ...aheadOf(bound), signal: call.request.signal });
  for (const [key, answer] of resumed.answers) {
    const no = denied.get(key);
    conversation.answer(key, no ? answerInstead(no) : answer);
  }
  const open = new Map([...outstanding].filter(([key]) => !resumed.answers.has(key)));
  const again = open.size === 0 ? undefined : await askAgain(bound, conversation, open, round);
  return again ?? (await talk(bound, conversation, round));
}

/** Under another bundle than the one that let the questions through, those that were answered are judged anew. */
async function deniedByNow(call: IntendedCall, { answers }: Parked, { call: { generation }, outstanding }: ParkedCall) {
  const answered = generation === call.generation ? [] : [...outstanding].filter(([key]) => answers.has(key));
  return (await judgeQuestions(call, new Map(answered))).denied;
}

/** The call is given up at its server, which was reached already. */
function given({ conversation }: ParkedCall, ending: Concluded["ending"]): Concluded {
  conversation.abandon();
  return charged(ending);
}
