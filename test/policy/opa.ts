import { execFileSync, spawnSync } from "node:child_process";

/** OPA as it stands on this machine: `TOOLGATE_OPA`, else from PATH. Only authoring and its tests need it. */
const executable = process.env.TOOLGATE_OPA ?? "opa";

/** Runs OPA and returns what it printed; an exit code other than 0 throws with what it complained about. */
export function opa(args: readonly string[]): string {
  return execFileSync(executable, [...args], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, stdio: ["ignore", "pipe", "pipe"] });
}

/** Runs OPA where a failure is what the test wants to see. */
export function tryOpa(args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(executable, [...args], { encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}
