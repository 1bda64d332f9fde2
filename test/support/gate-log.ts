import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Answer, type Gate, told } from "./gate.ts";

/** About as much of the arguments as a record takes in. */
const pad = "x".repeat(30_000);

/** Calls with long arguments until one is answered as `until` says; at most 80 of them. The last one is that. */
export async function callUntil(gate: Gate, until: (answer: Answer) => boolean, tool = "desk__echo"): Promise<readonly Answer[]> {
  const token = await gate.token();
  const answers: Answer[] = [];
  while (answers.length < 80) {
    const answer = await gate.call(tool, { n: answers.length, pad }, { token });
    answers.push(answer);
    if (until(answer)) return answers;
  }
  throw new Error("it was never answered so");
}

/** Whether the answer says that the log takes nothing. */
export function logIsDown(answer: Answer): boolean {
  return told(answer).codes[0] === "gateway.log_unavailable";
}

/**
 * Takes the log's folder away and puts a file in its place. The open segment still takes lines, so it is filled until the
 * next one would have to be made: from then on the log is down. The gate needs `log: { segment_mb: 1 }`. Returns the ids
 * of calls whose intent still went in and whose outcome did not.
 */
export async function breakLog(gate: Gate, tool = "desk__echo"): Promise<readonly (string | undefined)[]> {
  const folder = join(gate.dataDir, "log");
  await rename(folder, `${folder}.away`);
  await writeFile(folder, "");
  const answers = (await callUntil(gate, logIsDown, tool)).map(told);
  return answers.filter(({ codes }) => codes[0] === "gateway.outcome_unrecorded").map(({ decisionId }) => decisionId);
}

/** Puts the folder back and waits until the log takes records again. */
export async function mendLog(gate: Gate): Promise<void> {
  const folder = join(gate.dataDir, "log");
  const mended = gate.logged((line) => line.msg === "the decision log takes records again");
  await rm(folder);
  await rename(`${folder}.away`, folder);
  await mended;
}
