import { err, ok, type Result } from "../../core/result.ts";
import { isMembers, otherContent } from "../records/index.ts";
import type { DecisionSource, MissingBundle, NoDecision } from "./decision-source.ts";

/** What a running gateway answers about a decision and about bundles: its admin API, or whatever stands for it. */
export interface GatewayAnswers {
  records(id: string): Promise<Result<{ readonly lines: readonly string[]; readonly away: readonly string[] }, NoDecision>>;
  bundle(digest: string): Promise<Result<Uint8Array, MissingBundle>>;
}

/** Records and bundles of a running gateway. Its word is taken for the records; a bundle is what its content says. */
export function runningGateway(gateway: GatewayAnswers): DecisionSource {
  return {
    async find(id) {
      const answer = await gateway.records(id);
      if (!answer.ok) return answer;
      const { lines, away } = answer.value;
      const sourced = lines.flatMap((line) => {
        const value: unknown = JSON.parse(line);
        return isMembers(value) ? [{ value, line }] : [];
      });
      const own = sourced.filter(({ value }) => value.id === id);
      if (own.length === 0) return err({ kind: "unknown", detail: `the gateway has no record of "${id}"`, faults: [] });
      const notes = away.length === 0 ? [] : [`replicas that did not answer, so that their records may be missing: ${away.join(", ")}`];
      return ok({ records: own, related: sourced.filter(({ value }) => value.id !== id), faults: [], notes });
    },
    async bundle(digest) {
      const answer = await gateway.bundle(digest);
      if (!answer.ok) return answer;
      const other = await otherContent(answer.value, digest);
      return other === undefined ? answer : err({ kind: "changed", detail: `the bundle that the gateway gave ${other}; wanted ${digest}` });
    },
  };
}
