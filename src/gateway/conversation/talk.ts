import type { Question } from "../../core/question.ts";
import type { IntendedCall } from "../call.ts";
import { conclude } from "../conclude.ts";
import { type Concluded, charged, free } from "../concluded.ts";
import { inputRequired } from "../input-required.ts";
import { stoppedCall } from "../quarantine/index.ts";
import {
  type Allowed,
  answerInstead,
  type Denied,
  declined,
  declines,
  endInstead,
  isUnrecorded,
  judgeQuestions,
} from "../questions/index.ts";
import { hostReason } from "../refusal.ts";
import { stateExpiry } from "../seals.ts";
import type { Conversation, Questions } from "./conversation.ts";
import { earlyAnswers } from "./early-answers.ts";
import { InPlace } from "./in-place.ts";

type Members = Readonly<Record<string, unknown>>;

/** Questions of one turn: each is judged, recorded, and shown to somebody. */
const MOST_QUESTIONS = 16;

/**
 * Hears a server to its end, and has its questions answered on the way: by a client of the session era in place; one of
 * the stateless era is given them and comes back. `round`: how often this call came back with questions before.
 */
export async function talk(call: IntendedCall, conversation: Conversation, round: number): Promise<Concluded> {
  const inPlace = call.request.ask && new InPlace(call, conversation, call.request.ask);
  const started = performance.now();
  try {
    for (let rounds = round; ; rounds++) {
      // With each round the server hears of its caller once more.
      const stopped = rounds === round ? undefined : stoppedCall(call);
      if (stopped) return abandoned(conversation, charged(stopped));
      const said = await (inPlace ? Promise.race([conversation.next(), inPlace.stopped]) : conversation.next());
      // What a person takes to answer says nothing of the server: its first word counts.
      if (rounds === round) call.parts.meter.upstream(call.target.server.id, performance.now() - started);
      if ("ending" in said) return abandoned(conversation, said);
      if (said.kind === "reply") return await conclude(call, { ok: true, value: said.reply });
      if (said.kind === "failed") return await conclude(call, { ok: false, error: said.failure });
      if (rounds >= call.parts.questions.maxRounds)
        return abandoned(conversation, over(said, { kind: "refused", reasons: [hostReason("question.too_many")] }));
      if (said.questions.size > MOST_QUESTIONS)
        return abandoned(conversation, over(said, { kind: "refused", reasons: [hostReason("upstream.invalid_answer")] }));
      const concluded = await answered(call, conversation, inPlace, said, rounds + 1);
      if (concluded) return concluded;
    }
  } catch (error) {
    conversation.abandon();
    throw error;
  } finally {
    inPlace?.close();
  }
}

/** Has the questions of one turn answered as far as they can be now; how the call ends if it cannot go on here. */
async function answered(
  call: IntendedCall,
  conversation: Conversation,
  inPlace: InPlace | undefined,
  turn: Questions,
  round: number,
): Promise<Concluded | undefined> {
  const { allowed, denied } = await judgeQuestions(call, turn.questions);
  const verdicts = [...denied.values()];
  if (verdicts.some(isUnrecorded) || (!turn.held && !verdicts.every(declines)))
    return abandoned(conversation, over(turn, endInstead(verdicts)));
  for (const [key, verdict] of denied) conversation.answer(key, turn.held ? answerInstead(verdict) : declined);
  const early = await earlyAnswers(call, turn, allowed);
  if (!early) return abandoned(conversation, over(turn, { kind: "refused", reasons: [hostReason("gateway.log_unavailable")] }));
  for (const [key, result] of early) conversation.answer(key, { kind: "result", result });
  const open = new Map([...allowed].filter(([key]) => !early.has(key)));
  // A server that only gives its state wants the request again, later: when is for its client to say, where it comes back.
  if (open.size === 0 && (turn.questions.size > 0 || inPlace)) return undefined;
  if (!inPlace) return comeBack(call, conversation, turn, open, settledBy(denied, early), round);
  for (const [key, verdict] of open) inPlace.ask(key, verdict, turn.held);
  return undefined;
}

/** What the server gets besides the answers that a client still has to bring. */
function settledBy(denied: ReadonlyMap<string, Denied>, early: ReadonlyMap<string, Members>): Members {
  return Object.fromEntries([...[...denied.keys()].map((key) => [key, { action: "decline" }] as const), ...early]);
}

/** Gives the questions to a client that comes back, and what it needs to go on: the server's state, or where the call is parked. */
function comeBack(
  call: IntendedCall,
  conversation: Conversation,
  turn: Questions,
  allowed: ReadonlyMap<string, Allowed>,
  settled: Members,
  round: number,
): Concluded {
  if (turn.held) return parkWith(call, conversation, allowed, round);
  conversation.abandon();
  const state = turn.requestState === undefined ? {} : { state: turn.requestState };
  return free(inputRequired(call, allowed, { round, settled, ...state }, turn.reply));
}

/** Lets the server wait in this process. What it costs is spent now: whoever comes back only goes on. */
export function parkWith(call: IntendedCall, conversation: Conversation, allowed: ReadonlyMap<string, Allowed>, round: number): Concluded {
  const { parking, replicas } = call.parts;
  const outstanding = new Map([...allowed].map(([key, { question }]) => [key, question]));
  const parked = { call, conversation, outstanding, round, until: stateExpiry(call) };
  // Sealed before it is parked: a call that nobody is told of must not wait.
  const ending = inputRequired(call, allowed, { round, park: { replica: replicas.id, id: call.id } });
  conversation.follow(undefined);
  if (!parking.park(parked)) return abandoned(conversation, charged({ kind: "refused", reasons: [hostReason("question.parked_limit")] }));
  return { ...charged(ending), undo: () => parking.abandon(parked) };
}

/**
 * Has the questions that a client left open judged anew, and gives it those that it may still be asked. That is a round
 * too: a client that never answers must not keep a server's request open for longer and longer.
 */
export async function askAgain(
  call: IntendedCall,
  conversation: Conversation,
  open: ReadonlyMap<string, Question>,
  round: number,
): Promise<Concluded | undefined> {
  if (round >= call.parts.questions.maxRounds)
    return abandoned(conversation, charged({ kind: "refused", reasons: [hostReason("question.too_many")] }));
  const { allowed, denied } = await judgeQuestions(call, open);
  const verdicts = [...denied.values()];
  if (verdicts.some(isUnrecorded)) return abandoned(conversation, charged(endInstead(verdicts)));
  for (const [key, verdict] of denied) conversation.answer(key, answerInstead(verdict));
  return allowed.size === 0 ? undefined : parkWith(call, conversation, allowed, round + 1);
}

function abandoned(conversation: Conversation, concluded: Concluded): Concluded {
  conversation.abandon();
  return concluded;
}

/** A server that asked instead of acting did nothing yet. */
function over({ held }: Questions, ending: Concluded["ending"]): Concluded {
  return held ? charged(ending) : free(ending);
}
