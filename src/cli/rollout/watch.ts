import { setTimeout as pause } from "node:timers/promises";
import type { StatusAnswer } from "../../http/index.ts";
import { type AdminClient, type AdminFailure, tellFailure } from "../admin/index.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { statusText, stepText } from "./status-text.ts";
import { shortDigest } from "./words.ts";

const EVERY_MS = 1_000;
/** So many looks in a row may fail: a gateway that restarts is away for a moment. */
const MOST_AWAY = 30;

const clear = "\u001b[H\u001b[J";

/**
 * Looks once a second until the rollout ends. On a terminal the status is redrawn in place; elsewhere there is a line for
 * each change. Ends with 1 where the rollout was rolled back, so that a script stops.
 */
export async function watchStatus(terminal: Terminal, client: AdminClient, { json }: { readonly json?: boolean }): Promise<number> {
  const redrawn = process.stdout.isTTY === true && !json;
  let watched: string | undefined;
  let before = "";
  for (let away = 0; !terminal.closed.aborted; await pause(EVERY_MS)) {
    const answer = await client.ask("status");
    if (!answer.ok) {
      away += 1;
      if (away > MOST_AWAY || (away === 1 && before === "") || !isPassing(answer.error)) return tellFailure(terminal, answer.error, json);
      continue;
    }
    away = 0;
    const status = answer.value.value;
    const line = json ? answer.value.text : lineOf(status);
    // Cleared by the terminal's own means: what the command shows itself is spelled out.
    if (redrawn) process.stdout.write(clear);
    if (redrawn) terminal.out(statusText(terminal, status, Date.now()));
    else if (line !== before) terminal.out(line);
    before = line;
    const { rollout, ended } = status.state;
    if (rollout === undefined || (watched !== undefined && rollout.id !== watched)) {
      // One that ended before the first look was as much the caller's: a script must not go on because it was slow.
      const last = watched === undefined ? ended[0] : ended.find(({ id }) => id === watched);
      return last?.end === "rolled_back" ? exitCodes.finding : exitCodes.ok;
    }
    watched = rollout.id;
  }
  return exitCodes.ok;
}

function isPassing(failure: AdminFailure): boolean {
  return failure.kind === "unreachable" || (failure.kind === "refused" && failure.problem.status >= 500);
}

/** One line that changes when something did; the time that is left is no change. */
function lineOf({ state, counts, replicas }: StatusAnswer): string {
  const { rollout, ended } = state;
  const found =
    counts === undefined
      ? []
      : [`compared ${counts.compared}`, `new denies ${counts.flips.new_deny}`, `new allows ${counts.flips.new_allow}`];
  if (rollout === undefined) {
    const [last] = ended;
    return last === undefined
      ? "no rollout is under way"
      : `${last.bundle.revision} ${last.end === "promoted" ? "was promoted" : "was rolled back"}: ${last.why}`;
  }
  const step = rollout.steps[rollout.step];
  const behind = replicas.filter(({ version, problem }) => problem !== undefined || version < state.version).length;
  return [
    `${rollout.bundle.revision} ${shortDigest(rollout.bundle.digest)}`,
    step === undefined ? "" : stepText(step),
    ...found,
    behind === 0 ? "" : `${behind} of ${replicas.length} replicas do not follow`,
  ]
    .filter((text) => text !== "")
    .join("  ");
}
