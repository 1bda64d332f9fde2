import type { Era } from "../../../core/tool.ts";
import type { Answer, Asked } from "../../../gateway/index.ts";
import { errorText, headersDisagree, refusedErrorData, refusedResultText, resultText, sentenceFor } from "../answer.ts";
import { codes, isMembers, type Members, type RequestId, shown } from "../protocol.ts";
import { type ResultFields, withoutStatelessFields } from "../result-fields.ts";

/** The text of an answer in the words of the client's era; `undefined` where none is due. */
export function answerText(fields: ResultFields, id: RequestId, asked: Asked, answer: Answer, era: Era): string | undefined {
  const stateless = era === "stateless";
  switch (answer.kind) {
    case "result":
      if (!stateless) return resultText(id, answer.era === "stateless" ? withoutStatelessFields(answer.text) : answer.text);
      return resultText(id, asked.method === "resources/read" ? fields.cacheable(answer.text) : fields.complete(answer.text));
    case "input_required":
      return resultText(id, fields.complete(answer.text));
    case "refused":
      if (asked.method !== "tools/call") return errorText(id, codes.refused, sentenceFor(answer), refusedErrorData(answer));
      return resultText(id, stateless ? fields.complete(refusedResultText(answer)) : refusedResultText(answer));
    case "unknown":
      return unknownText(id, asked, answer.decisionId, era);
    case "contradicted":
      return errorText(id, codes.headerMismatch, headersDisagree(answer.detail), { decision: answer.decisionId });
    case "invalid":
      return errorText(id, codes.invalidParams, `Invalid params: ${answer.detail}`, { decision: answer.decisionId });
    case "incapable": {
      const data = { requiredCapabilities: answer.required, decision: answer.decisionId };
      return errorText(id, codes.missingCapability, answer.required.extensions === undefined ? INCAPABLE : UNDECLARED, data);
    }
    case "error": {
      const { code, data } = translated(asked, answer, era);
      return errorText(id, code, answer.message, data);
    }
    case "cancelled":
      return undefined;
  }
}

const INCAPABLE = "Missing required client capability: the server wants to ask something that this client did not declare it can answer";

const UNDECLARED = "Missing required client capability: this needs an extension that this client did not declare";

/** The stateless era says at the HTTP level too what a retry could mend; every other outcome is told in band. */
export function statusOf(asked: Asked, answer: Answer, era: Era): number {
  if (answer.kind === "contradicted") return 400;
  if (era !== "stateless") return 200;
  if (answer.kind === "incapable") return 400;
  if (answer.kind === "unknown" && asked.method === "extension") return 404;
  if (answer.kind !== "error") return 200;
  if (answer.code === codes.missingCapability) return 400;
  return answer.code === codes.methodNotFound ? 404 : 200;
}

/** The answer to what does not exist, and just so to what this caller may not know about. */
function unknownText(id: RequestId, asked: Asked, decision: string, era: Era): string {
  switch (asked.method) {
    case "tools/call":
      return errorText(id, codes.invalidParams, `Unknown tool: ${asked.name}`, { decision });
    case "prompts/get":
      return errorText(id, codes.invalidParams, `Unknown prompt: ${asked.name}`, { decision });
    case "completion/complete": {
      const what = asked.ref.type === "ref/prompt" ? `prompt: ${asked.ref.name}` : `resource: ${asked.ref.uri}`;
      return errorText(id, codes.invalidParams, `Unknown ${what}`, { decision });
    }
    case "resources/read":
      return unknownResourceText(id, asked.uri, decision, era);
    case "extension":
      // As for any method that the protocol does not have, which no decision is about.
      return errorText(id, codes.methodNotFound, `Method not found: ${shown(asked.name)}`);
    default:
      return errorText(id, codes.invalidParams, "Unknown task: it does not exist, or is no longer kept", { decision });
  }
}

export function unknownResourceText(id: RequestId, uri: string, decision: string, era: Era): string {
  const code = era === "stateless" ? codes.invalidParams : codes.resourceNotFound;
  return errorText(id, code, `Resource not found: ${uri}`, { uri, decision });
}

/** A resource that the server does not find has another code in each era. */
function translated(
  asked: Asked,
  answer: Extract<Answer, { readonly kind: "error" }>,
  era: Era,
): { readonly code: number; readonly data: unknown } {
  const { code, data } = answer;
  if (asked.method !== "resources/read" || answer.era === era) return { code, data };
  const about: Members = isMembers(data) ? data : {};
  if (era === "stateless" && code === codes.resourceNotFound) return { code: codes.invalidParams, data: { uri: asked.uri, ...about } };
  if (era === "session" && code === codes.invalidParams && typeof about.uri === "string") return { code: codes.resourceNotFound, data };
  return { code, data };
}
