import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { registerPolicyAdd } from "./add.ts";
import { registerPolicyBench } from "./bench.ts";
import { registerPolicyCheck } from "./check.ts";
import { registerPolicyDiff } from "./diff.ts";
import { registerPolicyInit } from "./init.ts";
import { registerPolicyMatrix } from "./matrix.ts";
import { registerPolicyProve } from "./prove.ts";
import { registerPolicyTest } from "./test.ts";

export { type WorkbenchFlags, withWorkbench } from "./open-workbench.ts";
export { type Progress, patience, progressOf } from "./progress.ts";

/** What a security team does before a bundle ships: one command a file. */
export function registerPolicy(program: Command, terminal: Terminal): void {
  const policy = program.command("policy").description("write, check, test and prove policies, before a bundle is built of them");
  registerPolicyInit(policy, terminal);
  registerPolicyAdd(policy, terminal);
  registerPolicyCheck(policy, terminal);
  registerPolicyTest(policy, terminal);
  registerPolicyBench(policy, terminal);
  registerPolicyDiff(policy, terminal);
  registerPolicyMatrix(policy, terminal);
  registerPolicyProve(policy, terminal);
}
