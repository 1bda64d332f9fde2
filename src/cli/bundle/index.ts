import type { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { registerBundleBuild } from "./build.ts";
import { registerBundleInspect } from "./inspect.ts";
import { registerBundleKeygen } from "./keygen.ts";
import { registerBundlePull } from "./pull.ts";
import { registerBundlePush } from "./push.ts";
import { registerBundleSign } from "./sign.ts";
import { registerBundleVerify } from "./verify.ts";

/** From a folder of policies to what a gateway takes: one command a file. */
export function registerBundle(program: Command, terminal: Terminal): void {
  const bundle = program.command("bundle").description("build, sign, verify, inspect and ship policy bundles");
  registerBundleBuild(bundle, terminal);
  registerBundleKeygen(bundle, terminal);
  registerBundleSign(bundle, terminal);
  registerBundleVerify(bundle, terminal);
  registerBundleInspect(bundle, terminal);
  registerBundlePush(bundle, terminal);
  registerBundlePull(bundle, terminal);
}
