import { InvalidArgumentError } from "commander";

/** `--at <time>`: an ISO time, or what the clock says. Unix milliseconds. */
export function readMoment(text: string): number {
  const at = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(at))
    throw new InvalidArgumentError(`"${text}" is no time such as 2026-03-03T11:00:00Z.`);
  return at;
}
