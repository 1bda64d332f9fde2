import { exitCodes, type Terminal, table } from "../terminal.ts";
import type { AdminFailure } from "./client.ts";

/** Says why there is no answer, and gives back what the command ends with. Told on standard error; `json` gets the API's own words. */
export function tellFailure(terminal: Terminal, failure: AdminFailure, json: boolean | undefined): number {
  const { paint } = terminal;
  if (failure.kind !== "refused") {
    const what = failure.kind === "unreachable" ? "cannot be reached" : "is no admin API that this version understands";
    const remedy =
      failure.kind === "unreachable"
        ? "check that the gateway runs, that its toolgate.yaml has an admin listener, and --admin or TOOLGATE_ADMIN"
        : "check that --admin or TOOLGATE_ADMIN is the admin listener, and that both sides have the same version";
    terminal.err(`${paint.red(`"${failure.url}" ${what}:`)} ${failure.detail}\n  remedy  ${remedy}`);
    return exitCodes.unavailable;
  }
  const { problem, route } = failure;
  if (json) terminal.out(JSON.stringify(problem));
  const rows = [
    [paint.dim("code"), problem.code],
    ...(problem.status === 401 || problem.status === 403 ? [[paint.dim("needs"), needs(route.role)]] : []),
    ...(problem.mistakes ?? []).map(({ path, found, wanted }) => [paint.dim(path || "body"), `found ${found}, wanted ${wanted}`]),
    ...(problem.remedy === undefined ? [] : [[paint.dim("remedy"), problem.remedy]]),
    ...(problem.decision_id === undefined ? [] : [[paint.dim("record"), problem.decision_id]]),
  ];
  const detail = problem.detail === "" || problem.detail === problem.title ? "" : ` ${problem.detail}`;
  terminal.err(`${paint.red(problem.title)}${detail}\n${table(rows)}`);
  return codeOf(problem.status);
}

function needs(role: string): string {
  return role === "any" ? "a token of somebody whom the operator table names" : `a token of an operator with the role "${role}"`;
}

function codeOf(status: number): number {
  // Whoever is not let in has found nothing: a script that watches a rollout must not take a token that ended for a rollback.
  if (status === 401 || status === 403 || status >= 500) return exitCodes.unavailable;
  return status === 404 || status === 409 || status === 412 ? exitCodes.finding : exitCodes.mistake;
}
