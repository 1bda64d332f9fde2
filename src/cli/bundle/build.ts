import { type Command, Option } from "commander";
import { environment } from "../../app/index.ts";
import { buildBundle, counted, findOpa } from "../../authoring/index.ts";
import { formatMistakes } from "../../core/mistakes.ts";
import { instant, wholeNumber } from "../flags.ts";
import { exitCodes, type Terminal } from "../terminal.ts";

interface BuildFlags {
  readonly out: string;
  readonly name: string;
  readonly revision: string;
  readonly sequence: number;
  readonly expires: string;
  readonly environment: string;
  readonly tenant?: string;
  readonly onExpiry: "deny_all" | "deny_writes";
  readonly json?: boolean;
}

export function registerBundleBuild(bundle: Command, terminal: Terminal): void {
  bundle
    .command("build")
    .description("check tables, policies and cases, compile them, and write an unsigned bundle (needs OPA)")
    .argument("<policies>", "folder with policy/, catalog/ and cases/")
    .requiredOption("-o, --out <file>", "the bundle to write, .tar.gz")
    .requiredOption("--name <name>", "the bundle's name, as the gateways that load it expect it")
    .requiredOption("--revision <text>", "what people know this version by, e.g. a commit")
    .requiredOption("--sequence <number>", "rises with every bundle; gateways never go back", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .requiredOption("--expires <time>", "RFC 3339; after it nothing is let through", instant)
    .requiredOption("--environment <name>", "the environment the bundle is for")
    .option("--tenant <name>", "the tenant the bundle is for")
    .addOption(new Option("--on-expiry <mode>", "what is refused after that time").choices(["deny_all", "deny_writes"]).default("deny_all"))
    .option("--json", "print one JSON object")
    .action(async (policies: string, flags: BuildFlags) => {
      process.exitCode = await build(terminal, policies, flags);
    });
}

async function build(terminal: Terminal, policiesDir: string, flags: BuildFlags): Promise<number> {
  const opa = await findOpa({ env: environment() });
  if (!opa.ok) {
    terminal.err(opa.error);
    return exitCodes.unavailable;
  }
  const { out, name, revision, expires, onExpiry } = flags;
  const built = await buildBundle({
    policiesDir,
    opa: opa.value,
    out,
    name,
    revision,
    expires,
    onExpiry,
    sequence: flags.sequence,
    environment: flags.environment,
    ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }),
  });
  if (!built.ok) {
    if (flags.json) terminal.out(JSON.stringify({ ok: false, mistakes: built.error }));
    else terminal.err(formatMistakes(built.error, { colour: terminal.colour }));
    return exitCodes.mistake;
  }
  const { bytes, packages, worker, cases, warnings } = built.value;
  if (flags.json) terminal.out(JSON.stringify({ ok: true, out, bytes: bytes.byteLength, packages, worker, cases, warnings }));
  else {
    for (const warning of warnings) terminal.err(`${terminal.paint.yellow("note")} ${warning}`);
    terminal.out(
      `Wrote ${out} (${bytes.byteLength} bytes): ${counted(packages.length, "package")}, ${counted(cases, "golden case")}. It is not signed yet.`,
    );
  }
  return exitCodes.ok;
}
