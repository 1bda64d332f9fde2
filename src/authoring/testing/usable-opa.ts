import { err, ok, type Result } from "../../core/result.ts";
import { type Opa, pinnedOpa } from "../opa.ts";

/** An older OPA does not know what rules and the product library are written in; what it said would prove nothing. */
export function usableOpa(opa: Opa): Result<Opa, string> {
  const [major = 0, minor = 0] = numbersOf(opa.version);
  const [wantedMajor = 0, wantedMinor = 0] = numbersOf(pinnedOpa);
  if (major === wantedMajor && minor >= wantedMinor) return ok(opa);
  return err(`found OPA ${opa.version} at "${opa.path}"; install OPA ${pinnedOpa} into PATH, or name it in TOOLGATE_OPA`);
}

function numbersOf(version: string): readonly number[] {
  return version.split(".").map((part) => Number.parseInt(part, 10));
}
