import type { QuestionAnswer } from "../../core/question.ts";
import type { AskedQuestion } from "../call.ts";
import { type Concluded, charged } from "../concluded.ts";
import { lastWord } from "../last-word.ts";
import { stoppedCall } from "../quarantine/index.ts";
import { checkAnswer, isMembers, judgeQuestions, recordAnswers } from "../questions/index.ts";
import { hostReason } from "../refusal.ts";
import { denyOf } from "./deny-questions.ts";
import { questionsOf } from "./task-questions.ts";
import { acknowledged, acknowledgement, type TaskRequest, unreadable } from "./task-request.ts";

type Members = Readonly<Record<string, unknown>>;

/**
 * Passes on answers to what the task waits for at this moment, each question judged again: what it does not wait for, or may
 * not ask, gets no answer of the client. Nothing is remembered between the poll and the answer, on no replica.
 */
export async function updateTask(request: TaskRequest, responses: Members): Promise<Concluded> {
  const { call } = request;
  const fetched = await request.send("tasks/get");
  if (!fetched.ok || fetched.value.outcome.kind !== "result") return await lastWord(call, fetched);
  const { status, inputRequests } = fetched.value.outcome.result;
  const open = status === "input_required" ? questionsOf(inputRequests) : new Map();
  if (!open) return unreadable();
  const { allowed, denied } = await judgeQuestions(call, new Map([...open].filter(([key]) => Object.hasOwn(responses, key))));
  const answers = new Map<string, Members>();
  for (const [key, { form }] of allowed) {
    const answer = checkAnswer(form, responses[key]);
    if (!answer.ok)
      return charged({ kind: "invalid", detail: `the answer to ${JSON.stringify(key)} cannot be used: ${answer.error.detail}` });
    answers.set(key, answer.value);
  }
  const denying = await denyOf(request, denied);
  if (denying) return denying;
  if (answers.size === 0) return charged(acknowledgement(fetched.value));
  const asked = new Map(
    [...allowed].map(([key, { about, form }]): [string, AskedQuestion] => [key, { id: about.id, method: form.method }]),
  );
  const stopped = stoppedCall(call);
  if (stopped) return charged(stopped);
  const recorded = await recordAnswers(call, asked, (key) => resultOf(answers.get(key)));
  if (!recorded) return charged({ kind: "refused", reasons: [hostReason("gateway.log_unavailable")] });
  return await acknowledged(request, await request.send("tasks/update", `"inputResponses":${JSON.stringify(Object.fromEntries(answers))}`));
}

function resultOf(result: unknown): QuestionAnswer | undefined {
  return isMembers(result) ? { kind: "result", result } : undefined;
}
