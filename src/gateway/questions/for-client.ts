import type { ClientCapabilities } from "../../core/client.ts";
import type { DecisionId } from "../../core/ids.ts";
import type { Question } from "../../core/question.ts";
import type { Era } from "../../core/tool.ts";
import type { QuestionFacts } from "./question-facts.ts";

type Members = Readonly<Record<string, unknown>>;

/** The question in the words of the client's era and capabilities: what is judged, and what it is asked. */
export function forClient(
  { method, params }: Question,
  client: { readonly era: Era; readonly capabilities: ClientCapabilities },
  id: DecisionId,
): Question {
  // A client that makes a task of its answer is asked for it later by nobody.
  const { task: _, ...rest } = params;
  if (method === "elicitation/create") return { method, params: elicitation(rest, client.era, id) };
  return { method, params: method === "sampling/createMessage" ? sampling(rest, client.capabilities) : rest };
}

/** Clients with sessions want an id with every URL; servers without sessions give none. */
function elicitation(params: Members, era: Era, id: DecisionId): Members {
  return era === "session" && params.mode === "url" && params.elicitationId === undefined ? { ...params, elicitationId: id } : params;
}

/** Context that the client did not offer is a wish that it would not fulfil: it is asked without. */
function sampling(params: Members, { sampling: declared }: ClientCapabilities): Members {
  const { includeContext, ...rest } = params;
  return includeContext === undefined || declared?.context ? params : rest;
}

/** The capabilities that the client lacks for this question, as it would declare them; nothing if it can answer. */
export function lacking(facts: QuestionFacts, { elicitation, sampling, roots }: ClientCapabilities): Members | undefined {
  switch (facts.kind) {
    case "elicitation":
      return elicitation?.[facts.mode] ? undefined : { elicitation: { [facts.mode]: {} } };
    case "sampling":
      if (sampling && (sampling.tools || !facts.tools)) return undefined;
      return { sampling: facts.tools ? { tools: {} } : {} };
    case "roots":
      return roots ? undefined : { roots: {} };
  }
}
