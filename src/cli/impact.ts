import { readFile, stat } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Workbench } from "../authoring/index.ts";
import { formatMistakes } from "../core/mistakes.ts";
import { rejudgeOf } from "../gateway/index.ts";
import { type Impact, type ImpactWord, impactMarkdown, impactOn, impactText, impactWords, placeOf } from "../hindsight/index.ts";
import { defaultBundleLimits, readBundle, readKeyring, readManifest, verifyBundle } from "../parts/bundle/index.ts";
import { moment } from "./flags.ts";
import { progressOf, withWorkbench } from "./policy/index.ts";
import { exitCodes, type Terminal, table } from "./terminal.ts";

interface ImpactFlags {
  readonly bundle: string;
  readonly since?: number;
  readonly until?: number;
  readonly failOn: readonly ImpactWord[];
  readonly keyring?: string;
  readonly environment?: string;
  readonly format: "text" | "markdown" | "json";
  readonly json?: boolean;
}

const failWords = impactWords.filter((word) => word !== "same");

export function registerImpact(program: Command, terminal: Terminal): void {
  program
    .command("impact")
    .description("say what recorded traffic would have met under another bundle")
    .addHelpText(
      "after",
      `
Examples:
  toolgate impact ./data --bundle next.tar.gz --since 7d
  toolgate impact ./data --bundle policies --fail-on would-deny,would-allow`,
    )
    .argument("<data_dir...>", "the data_dir of a gateway; one of each replica")
    .requiredOption("--bundle <file>", "the other bundle, or a policy folder")
    .option("--since <when>", "from here on: how long ago (7d, 12h), or a time", (text) => moment(text))
    .option("--until <when>", "up to here", (text) => moment(text))
    .addOption(
      new Option("--fail-on <words>", `exit with 1 if any of these happened: ${failWords.join(", ")}`)
        .argParser(addFailOn)
        .default([], "nothing"),
    )
    .option("--keyring <file>", "verify the bundle's signatures first, with these public keys")
    .option("--environment <name>", "the environment that a folder is compiled for")
    .addOption(new Option("--format <name>", "how it is told").choices(["text", "markdown", "json"]).default("text"))
    .option("--json", "print one JSON object, as --format json does")
    .action(async (dataDirs: readonly string[], given: ImpactFlags) => {
      const flags = { ...given, json: given.json === true || given.format === "json" };
      process.exitCode = await impact(terminal, dataDirs, flags);
    });
}

function addFailOn(text: string, before: readonly ImpactWord[]): readonly ImpactWord[] {
  const words = text.split(",").map((word) => {
    const known = failWords.find((one) => one === word.trim());
    if (known === undefined) throw new InvalidArgumentError(`"${word}" is not one of ${failWords.join(", ")}.`);
    return known;
  });
  return [...before, ...words];
}

async function impact(terminal: Terminal, dataDirs: readonly string[], flags: ImpactFlags): Promise<number> {
  const refused = flags.keyring === undefined ? undefined : await unverified(terminal, flags, flags.keyring);
  if (refused !== undefined) return refused;
  const folder = (await stat(flags.bundle).catch(() => undefined))?.isDirectory() === true;
  return withWorkbench(terminal, flags.bundle, flags, (bench) => ask(terminal, dataDirs, flags, bench, folder));
}

async function ask(
  terminal: Terminal,
  dataDirs: readonly string[],
  flags: ImpactFlags,
  { policy, rehearsal, manifest }: Workbench,
  folder: boolean,
): Promise<number> {
  const { since, until } = flags;
  const { environment, tenant = "default" } = manifest.metadata.toolgate;
  // A folder is for nobody yet.
  const bundle = folder ? { environment } : { environment, tenant };
  const second = rejudgeOf({ policy, catalog: rehearsal.catalog, targets: rehearsal.targets, bundle });
  const span = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
  const found = await impactOn(dataDirs.map(placeOf), second, span, progressOf(terminal, "impact", "asked"));
  if (!found.ok) return unavailable(terminal, flags, found.error.detail);
  const { logs, faults } = found.value;
  if (logs.logs === 0 && faults.length === 0) {
    const where = dataDirs.map((dir) => `"${dir}"`).join(", ");
    return unavailable(terminal, flags, `found no log in ${where}; wanted the data_dir of a gateway`);
  }
  const met = flags.failOn.filter((word) => found.value.counts[word] > 0);
  show(terminal, flags, found.value, met);
  return met.length > 0 || faults.length > 0 ? exitCodes.finding : exitCodes.ok;
}

function show(terminal: Terminal, { json, format, bundle }: ImpactFlags, found: Impact, met: readonly ImpactWord[]): void {
  if (json) {
    terminal.out(JSON.stringify({ ok: met.length === 0 && found.faults.length === 0, failed: met, bundle, ...found }));
    return;
  }
  terminal.out(format === "markdown" ? impactMarkdown(found, bundle) : impactText(found, bundle, terminal.paint, table));
  if (met.length > 0) terminal.err(`${terminal.paint.red("fails on")} ${met.map((word) => `${word} (${found.counts[word]})`).join(", ")}`);
}

/** The exit code where the bundle's signatures are to be verified and do not hold. */
async function unverified(terminal: Terminal, flags: ImpactFlags, file: string): Promise<number | undefined> {
  const keyring = readKeyring(await readFile(file, "utf8"), file);
  if (!keyring.ok) {
    if (flags.json) terminal.out(JSON.stringify({ ok: false, mistakes: keyring.error }));
    else terminal.err(formatMistakes(keyring.error, { colour: terminal.colour }));
    return exitCodes.mistake;
  }
  const contents = await readBundle(await readFile(flags.bundle), defaultBundleLimits);
  const manifest = contents.ok ? readManifest(contents.value) : contents;
  if (!contents.ok || !manifest.ok) return refuse(terminal, flags, manifest.ok ? "" : manifest.error.detail);
  const { environment, tenant = "default" } = manifest.value.metadata.toolgate;
  const verified = await verifyBundle(contents.value, keyring.value, { environment, tenant, now: Date.now() });
  return verified.ok ? undefined : refuse(terminal, flags, `${verified.error.code}: ${verified.error.detail}`);
}

function refuse(terminal: Terminal, { json, bundle }: ImpactFlags, detail: string): number {
  if (json) terminal.out(JSON.stringify({ ok: false, refused: detail }));
  else terminal.err(`"${bundle}" does not hold. ${detail}`);
  return exitCodes.finding;
}

function unavailable(terminal: Terminal, { json }: ImpactFlags, detail: string): number {
  if (json) terminal.out(JSON.stringify({ ok: false, unavailable: detail }));
  else terminal.err(detail);
  return exitCodes.unavailable;
}
