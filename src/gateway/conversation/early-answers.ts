import type { IntendedCall } from "../call.ts";
import { type Allowed, checkAnswer, recordAnswers } from "../questions/index.ts";
import type { Questions } from "./conversation.ts";

type Members = Readonly<Record<string, unknown>>;

/**
 * Answers that a client of the stateless era sent along before it was asked, to questions that were judged and allowed by
 * now. Only a stateless server gives its questions keys that a client can know. What nobody asked goes nowhere, and an
 * answer that does not fit is asked for again. Undefined if they cannot be put on record: then none goes to the server.
 */
export async function earlyAnswers(
  call: IntendedCall,
  { held }: Questions,
  allowed: ReadonlyMap<string, Allowed>,
): Promise<ReadonlyMap<string, Members> | undefined> {
  const answers = new Map<string, Members>();
  const { resumed } = call.request;
  if (held || resumed?.requestState !== undefined || resumed?.inputResponses === undefined) return answers;
  for (const [key, { form }] of allowed) {
    if (!Object.hasOwn(resumed.inputResponses, key)) continue;
    const answer = checkAnswer(form, resumed.inputResponses[key]);
    if (answer.ok) answers.set(key, answer.value);
  }
  const early = [...allowed].filter(([key]) => answers.has(key));
  const asked = new Map(early.map(([key, { about, form }]) => [key, { id: about.id, method: form.method }]));
  const recorded = await recordAnswers(call, asked, (key) => {
    const result = answers.get(key);
    return result && { kind: "result", result };
  });
  return recorded ? answers : undefined;
}
