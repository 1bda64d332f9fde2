import type { StatusAnswer } from "../../http/index.ts";
import type { Terminal } from "../terminal.ts";
import { shortDigest } from "./words.ts";

/** Each replica with what it has, and why it does not follow. */
export function replicaRows({ paint }: Terminal, { state, replicas }: StatusAnswer): string[][] {
  return replicas.map((replica) => {
    const lag = lagOf(replica, state);
    return [
      replica.replica,
      replica.active === undefined ? "none" : shortDigest(replica.active),
      replica.candidate === undefined ? "" : shortDigest(replica.candidate),
      lag === undefined ? paint.green("follows") : paint.yellow(lag),
    ];
  });
}

function lagOf(replica: StatusAnswer["replicas"][number], { version, promoted, rollout }: StatusAnswer["state"]): string | undefined {
  if (replica.problem !== undefined) return `does not follow: ${replica.problem}`;
  if (replica.version < version) return `is behind: it follows state ${replica.version} of ${version}`;
  if (promoted && replica.active !== promoted.digest) return "decides with another bundle";
  return rollout && replica.candidate !== rollout.bundle.digest ? "does not have the candidate yet" : undefined;
}
