import type { Command } from "commander";
import { inspectBundle } from "../../authoring/index.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";
import { readAll } from "./read-all.ts";

export function registerBundleInspect(bundle: Command, terminal: Terminal): void {
  bundle
    .command("inspect")
    .description("say what is in a bundle, without believing it")
    .argument("<file>", "the bundle")
    .option("--json", "print one JSON object")
    .action(async (file: string, flags: { readonly json?: boolean }) => {
      process.exitCode = await inspect(terminal, file, flags);
    });
}

async function inspect(terminal: Terminal, file: string, flags: { readonly json?: boolean }): Promise<number> {
  const inputs = await readAll(terminal, [file]);
  if (!inputs) return exitCodes.unavailable;
  const report = await inspectBundle(inputs[0] ?? Buffer.alloc(0));
  if (!report.ok) {
    terminal.err(`"${file}" cannot be read: ${report.error.detail}`);
    return exitCodes.mistake;
  }
  if (flags.json) {
    terminal.out(JSON.stringify(report.value));
    return exitCodes.ok;
  }
  const { paint } = terminal;
  const { name, revision, sequence, digest, expires, counts, cases, packages, signature } = report.value;
  terminal.out(
    table([
      [paint.dim("bundle"), `${name} ${revision}, sequence ${sequence}`],
      [paint.dim("digest"), digest],
      [paint.dim("signature"), signature ? `${signature.kid} (${signature.algorithm}), not verified here` : "none"],
      [paint.dim("for"), `environment ${report.value.environment}, tenant ${report.value.tenant ?? "default"}`],
      [paint.dim("expires"), `${expires}, then ${report.value.onExpiry}`],
      [
        paint.dim("catalog"),
        Object.entries(counts)
          .map(([what, count]) => `${count} ${what}`)
          .join(", "),
      ],
      [paint.dim("cases"), String(cases.length)],
    ]),
  );
  terminal.out("");
  terminal.out(
    table(
      Object.entries(packages).map(([id, facts]) => [`policy.${id}`, facts.rules.join(" "), facts.worker ? paint.dim("in a worker") : ""]),
    ),
  );
  return exitCodes.ok;
}
