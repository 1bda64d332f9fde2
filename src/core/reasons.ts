import { operationReasons } from "./operation-reasons.ts";
import type { ReasonText } from "./reason-text.ts";

export type { ReasonText } from "./reason-text.ts";

/** Every reason code of the product. `docs/reasons.md` is held equal to this table by a test. */
export const reasons = {
  "auth.missing": { audience: "agent", sentence: "No bearer token was sent.", remedy: "Send an access token in the Authorization header." },
  "auth.malformed": {
    audience: "agent",
    sentence: "The bearer token is not a signed JWT in compact form.",
    remedy: "Ask the issuer for an access token of this gateway.",
  },
  "auth.unknown_issuer": {
    audience: "agent",
    sentence: "The token comes from an issuer that this gateway does not trust.",
    remedy: "Use an issuer named in the resource metadata.",
  },
  "auth.algorithm_not_allowed": {
    audience: "agent",
    sentence: "The token is signed with an algorithm that is not allowed.",
    remedy: "Use an asymmetric algorithm that is configured for the issuer.",
  },
  "auth.bad_signature": {
    audience: "agent",
    sentence: "The signature of the token does not verify.",
    remedy: "Get a new token from the issuer.",
  },
  "auth.wrong_audience": {
    audience: "agent",
    sentence: "The token was issued for another audience.",
    remedy: "Ask for a token whose audience is this gateway.",
  },
  "auth.expired": { audience: "agent", sentence: "The token has expired.", remedy: "Get a new token from the issuer." },
  "auth.not_yet_valid": {
    audience: "agent",
    sentence: "The token is not valid yet.",
    remedy: "Check the clock of the issuer and of this host.",
  },
  "auth.unmapped_user": {
    audience: "agent",
    sentence: "The token names no user where the issuer's mapping wants one.",
    remedy: "Ask the platform team to check the claim mapping of the issuer.",
  },
  "auth.unmapped_agent": { audience: "agent", sentence: "The token names no agent.", remedy: "Use a token with a client id or an actor." },
  "auth.issuer_unreachable": {
    audience: "operator",
    sentence: "The keys of the issuer cannot be read at the moment.",
    remedy: "Try again; check that the issuer is reachable from the gateway.",
  },

  "agent.unregistered": {
    audience: "agent",
    sentence: "This agent is not registered.",
    remedy: "Ask the security team to register the agent in the bundle.",
  },
  "agent.ambiguous": {
    audience: "operator",
    sentence: "The token matches more than one registered agent.",
    remedy: "Make the match rules of the agents disjoint.",
  },
  "agent.inactive": { audience: "agent", sentence: "This agent is suspended or retired.", remedy: "Ask the owner of the agent." },
  "agent.expired": {
    audience: "agent",
    sentence: "The registration of this agent has expired.",
    remedy: "Ask the owner of the agent to renew it.",
  },
  "agent.mode_not_allowed": {
    audience: "agent",
    sentence: "This agent may not act in this mode.",
    remedy: "Call on behalf of a user, or ask for the mode.",
  },
  "agent.wrong_environment": {
    audience: "agent",
    sentence: "This agent belongs to another environment than the server.",
    remedy: "Use the agent of the server's environment.",
  },

  "session.limit": {
    audience: "agent",
    sentence: "There are too many open sessions for this principal.",
    remedy: "End sessions that are no longer used.",
  },

  "server.retired": { audience: "agent", sentence: "This server is retired.", remedy: "Use its replacement, if the catalog names one." },
  "server.not_approved": {
    audience: "agent",
    sentence: "This server is not approved yet.",
    remedy: "Ask the security team to approve it.",
  },

  "tool.unknown": { audience: "agent", sentence: "Unknown tool.", remedy: "Call tools/list for the tools you may use." },
  "tool.drifted": {
    audience: "operator",
    sentence: "The definition of this tool changed after it was approved.",
    remedy: "Ask the security team to review and pin the new definition.",
  },

  "prompt.unknown": { audience: "agent", sentence: "Unknown prompt.", remedy: "Call prompts/list for the prompts you may use." },
  "prompt.drifted": {
    audience: "operator",
    sentence: "The definition of this prompt changed after it was approved.",
    remedy: "Ask the security team to review and pin the new definition.",
  },
  "resource.unknown": {
    audience: "agent",
    sentence: "Unknown resource.",
    remedy: "Call resources/list and resources/templates/list for the resources you may read.",
  },
  "resource.drifted": {
    audience: "operator",
    sentence: "The definition of this resource template changed after it was approved.",
    remedy: "Ask the security team to review and pin the new definition.",
  },
  "resource.invalid_uri": {
    audience: "agent",
    sentence: "The URI of the resource cannot be read.",
    remedy: "Use a URI as resources/list shows it.",
  },
  "extension.unknown": {
    audience: "agent",
    sentence: "There is no such method of an extension here.",
    remedy: "Use the methods of extensions that you were granted, at the door of their server.",
  },
  "extension.undeclared": {
    audience: "agent",
    sentence: "This needs an extension ({extension}) that this client did not declare.",
    remedy: "Use a client that declares the extension.",
  },

  "task.unknown": { audience: "agent", sentence: "Unknown task.", remedy: "Use the task id as you got it, before it expires." },

  "question.not_granted": {
    audience: "agent",
    sentence: "The server wants to ask something ({question}) that policy does not let it ask.",
    remedy: "Ask the security team to let this server ask it, or call another tool.",
  },
  "question.client_incapable": {
    audience: "agent",
    sentence: "The server wants to ask something ({question}) that this client did not declare that it can answer.",
    remedy: "Use a client that declares the capability.",
  },
  "question.state_invalid": {
    audience: "agent",
    sentence: "What came back with the request is not what was given for it, or came too late.",
    remedy: "Call again without requestState and inputResponses.",
  },
  "question.too_many": {
    audience: "agent",
    sentence: "The server asked more often than one call may.",
    remedy: "Tell the owner of the server; calling again asks again.",
  },
  "question.parked_limit": {
    audience: "agent",
    sentence: "Too many calls of this principal wait for answers.",
    remedy: "Answer or cancel the questions that are open.",
  },
  "question.abandoned": {
    audience: "agent",
    sentence: "Nobody answered the server's question in time.",
    remedy: "It may have acted: check before you repeat the call.",
  },

  "args.invalid": {
    audience: "agent",
    sentence: "The arguments do not fit the approved definition: {mistakes}.",
    remedy: "Correct the arguments and call again.",
  },

  "result.unredactable": {
    audience: "agent",
    sentence: "The result could not be redacted as policy demands, so it was withheld.",
    remedy: "Tell the security team which tool returned it.",
  },
  "result.too_large": { audience: "agent", sentence: "The result is larger than policy allows.", remedy: "Ask for less at a time." },

  "budget.exhausted": {
    audience: "agent",
    sentence: "The budget {budget} is used up until {resetsAt}.",
    remedy: "Wait, or ask for a higher limit.",
  },
  "budget.unavailable": {
    audience: "operator",
    sentence: "Budgets cannot be checked at the moment.",
    remedy: "Try again; the budget store must be reachable.",
  },
  "budget.unknown": {
    audience: "operator",
    sentence: "Policy asks for the budget {budget}, which the bundle does not define.",
    remedy: "Define the budget in the bundle's tables.",
  },

  "policy.invalid_rule": {
    audience: "operator",
    sentence: "A policy rule has a wrong shape.",
    remedy: 'Write it as a partial set: NAME contains {"code": …} if …',
  },
  "policy.invalid_decision": {
    audience: "operator",
    sentence: "Policy gave no usable decision.",
    remedy: "Check the bundle with its golden cases.",
  },
  "policy.builtin_error": {
    audience: "operator",
    sentence: "A built-in function failed while the call was judged.",
    remedy: "Guard the built-in with a default.",
  },
  "policy.missing_builtin": {
    audience: "operator",
    sentence: "Policy uses a built-in function that the gateway does not have.",
    remedy: "Remove it, or use one of the supported built-ins.",
  },
  "policy.evaluation_failed": {
    audience: "operator",
    sentence: "Policy could not be evaluated.",
    remedy: "Check the bundle with its golden cases.",
  },
  "policy.timeout": {
    audience: "operator",
    sentence: "Policy took too long to judge the call.",
    remedy: "Send less, or ask the policy author to avoid nested iteration.",
  },
  "policy.overloaded": { audience: "operator", sentence: "Too many large calls wait to be judged.", remedy: "Try again shortly." },
  "policy.conflict": {
    audience: "operator",
    sentence: "Policy asks for things that contradict each other.",
    remedy: "Ask the policy author to resolve the conflict.",
  },
  "policy.no_index": {
    audience: "operator",
    sentence: "The bundle has no policy index for this server.",
    remedy: "Build the bundle again.",
  },
  "policy.unknown_obligation": {
    audience: "operator",
    sentence: "Policy asks for an obligation that does not exist: {type}.",
    remedy: "Use one of the obligations in the policy guide.",
  },
  "policy.invalid_obligation": {
    audience: "operator",
    sentence: "Policy asks for the obligation {type} in a wrong shape.",
    remedy: "Check the obligation against the policy guide.",
  },
  "policy.obligation_unsupported": {
    audience: "operator",
    sentence: "Policy asks for the obligation {type}, which this version does not enforce.",
    remedy: "Wait for the version that does, or change the rule.",
  },
  "policy.template_unfilled": {
    audience: "operator",
    sentence: "A value in an obligation could not be filled from the input.",
    remedy: "Make the input path required in the tool's schema.",
  },
  "policy.missing_entrypoint": {
    audience: "operator",
    sentence: "The policy module lacks an entrypoint of the product library.",
    remedy: "Build the bundle with the command of this release.",
  },
  "policy.invalid_module": {
    audience: "operator",
    sentence: "The policy module cannot be started.",
    remedy: "Build the bundle again; check its limits in the configuration.",
  },
  "policy.invalid_data": {
    audience: "operator",
    sentence: "The data of the bundle cannot be read.",
    remedy: "Build the bundle again.",
  },

  "bundle.none": { audience: "operator", sentence: "There is no valid policy bundle.", remedy: "Check the bundle's status at /readyz." },
  "bundle.expired": { audience: "operator", sentence: "The policy bundle has expired.", remedy: "Activate a newer bundle." },

  "upstream.unavailable": {
    audience: "agent",
    sentence: "The server cannot be reached at the moment.",
    remedy: "Try again later; tell the owner of the server.",
  },
  "upstream.busy": { audience: "agent", sentence: "The server has too many calls in flight.", remedy: "Try again shortly." },
  "upstream.circuit_open": {
    audience: "agent",
    sentence: "The server failed repeatedly and is left alone for a moment.",
    remedy: "Try again later.",
  },
  "upstream.timeout": {
    audience: "agent",
    sentence: "The server did not answer in time.",
    remedy: "It may have acted: check before you repeat the call.",
  },
  "upstream.cancelled": {
    audience: "agent",
    sentence: "The call was cancelled.",
    remedy: "It may have acted: check before you repeat the call.",
  },
  "upstream.invalid_answer": {
    audience: "operator",
    sentence: "The server sent an answer that is not valid.",
    remedy: "Tell the owner of the server; check before you repeat the call.",
  },
  "upstream.ambiguous": {
    audience: "operator",
    sentence: "The server's answer can be read in two ways, so it was withheld.",
    remedy: "Tell the owner of the server; check before you repeat the call.",
  },
  "upstream.too_large": { audience: "agent", sentence: "The server's answer is larger than allowed.", remedy: "Ask for less at a time." },
  "upstream.unauthorized": {
    audience: "operator",
    sentence: "The server did not accept the gateway's credential.",
    remedy: "Check the credential that is configured for the server.",
  },
  "upstream.wrong_place": {
    audience: "operator",
    sentence: "The server's place is missing, or lies outside what the bundle allows.",
    remedy: "Correct the place in the configuration, or sign another host class.",
  },
  "upstream.no_credential": {
    audience: "operator",
    sentence: "The credential for the server is not available.",
    remedy: "Check the secret that is configured for the server.",
  },

  "gateway.invalid_request": {
    audience: "agent",
    sentence: "The message is not a valid request: {detail}",
    remedy: "Correct the message and send it again.",
  },
  "gateway.unsupported_method": {
    audience: "agent",
    sentence: "This method is not supported here.",
    remedy: "See the methods named in the server's capabilities.",
  },
  "gateway.foreign_host": {
    audience: "operator",
    sentence: "The Host or Origin of the request is not one of this gateway.",
    remedy: "Add the name to the configuration if it is yours.",
  },
  "gateway.dry_run": {
    audience: "agent",
    sentence: "Dry run: the call would be allowed; nothing was sent.",
    remedy: "Call again without dry_run.",
  },
  "gateway.log_unavailable": {
    audience: "operator",
    sentence: "The decision log cannot be written, so nothing is let through.",
    remedy: "Free disk space or repair the log folder.",
  },
  "gateway.outcome_unrecorded": {
    audience: "agent",
    sentence: "The call was made but its outcome could not be recorded.",
    remedy: "Do not repeat the call; ask with the decision id.",
  },
  "gateway.error": {
    audience: "operator",
    sentence: "Something went wrong inside the gateway.",
    remedy: "Try again; give the decision id to the platform team.",
  },

  ...operationReasons,
} as const satisfies Record<string, ReasonText>;

export type ReasonCode = keyof typeof reasons;

/** Beginnings of codes that are the product's, so that no author's rule speaks in its name: those in use, and those kept for what is to come. */
export const ownPrefixes: ReadonlySet<string> = new Set([
  ...Object.keys(reasons).map((code) => code.slice(0, code.indexOf("."))),
  ...["user", "approval"],
]);

export function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(reasons, code);
}

/** The sentence of a code with its facts filled in. A fact that is missing leaves a question mark, never a brace. */
export function sentenceOf(code: ReasonCode, facts: Readonly<Record<string, string | number | undefined>> = {}): string {
  return reasons[code].sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? "?"));
}
