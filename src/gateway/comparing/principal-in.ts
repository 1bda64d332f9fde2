import type { Judged } from "../rejudge/index.ts";

/** The principal as records have it. `recordText`: `"tenant":…,"principal":{…}`. */
export function principalIn(recordText: string): Judged["principal"] {
  const { principal } = JSON.parse(`{${recordText}}`) as { readonly principal: Judged["principal"] };
  return principal;
}

/** The agent's id as the bundle that decided has it. */
export function agentIn(recordText: string): string {
  return principalIn(recordText).agent;
}
