import type { ReasonText } from "./reason-text.ts";

/** What operators and quarantine lead to; part of the one list in `reasons.ts`. */
export const operationReasons = {
  "agent.quarantined": {
    audience: "agent",
    sentence: "This agent is quarantined.",
    remedy: "Ask the owner of the agent; the operators who did it can lift it.",
  },
  "user.quarantined": { audience: "agent", sentence: "This user is quarantined.", remedy: "Ask the security team." },
  "server.quarantined": {
    audience: "agent",
    sentence: "This server is quarantined.",
    remedy: "Do without it for now; the operators who did it can lift it.",
  },
  "tool.quarantined": {
    audience: "agent",
    sentence: "This tool is quarantined.",
    remedy: "Do without it for now; the operators who did it can lift it.",
  },
  "session.quarantined": { audience: "agent", sentence: "This session is quarantined.", remedy: "Ask the security team before a new one." },
  "gateway.operations_unknown": {
    audience: "operator",
    sentence: "It cannot be known at the moment whether something is quarantined.",
    remedy: "Try again; check that Redis is reachable from the gateway.",
  },

  "operator.unknown": {
    audience: "operator",
    sentence: "The operator table of the promoted bundle does not name this caller.",
    remedy: "Ask the security team for an entry in catalog/operators.yaml.",
  },
  "operator.ambiguous": {
    audience: "operator",
    sentence: "More than one entry of the operator table names this caller.",
    remedy: "Make the entries disjoint.",
  },
  "operator.role_missing": {
    audience: "operator",
    sentence: "This operator does not have the role that the act needs.",
    remedy: "Ask an operator who has the role, or the security team for it.",
  },
  "gateway.operations_unavailable": {
    audience: "operator",
    sentence: "What operators decided cannot be read or changed at the moment.",
    remedy: "Try again; check that Redis is reachable, or that data_dir can be written.",
  },
  "rollout.changed": {
    audience: "operator",
    sentence: "Somebody changed it since it was looked at.",
    remedy: "Look at the status again, then decide.",
  },
  "rollout.none": {
    audience: "operator",
    sentence: "No rollout is under way.",
    remedy: "Begin one with rollout shadow or rollout canary.",
  },
  "rollout.busy": {
    audience: "operator",
    sentence: "Another bundle is being rolled out.",
    remedy: "Promote it or roll it back first.",
  },
  "rollout.no_bundle": {
    audience: "operator",
    sentence: "There is no bundle to roll out.",
    remedy: "Name a bundle file, or lay one where the gateway's source finds it.",
  },
  "rollout.promoted": {
    audience: "operator",
    sentence: "This bundle is promoted; there is no way back to a lower sequence.",
    remedy: "Sign the old content under a higher sequence and roll that out.",
  },
  "rollout.invalid": { audience: "operator", sentence: "The rollout makes no sense as it is asked for.", remedy: "Correct what is named." },
  "quarantine.unknown": {
    audience: "operator",
    sentence: "There is no such quarantine, or nothing that it could be put on.",
    remedy: "List the quarantine, or the servers and tools of the catalog.",
  },
  "decision.unknown": {
    audience: "operator",
    sentence: "No log of a reachable replica has a record of this decision.",
    remedy: "Check the id; look into the logs of replicas that are gone.",
  },
  "bundle.unknown": {
    audience: "operator",
    sentence: "No reachable replica keeps a bundle of this digest.",
    remedy: "Check the digest; read the bundle from where it was built.",
  },
} as const satisfies Record<string, ReasonText>;
