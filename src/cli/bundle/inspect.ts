import type { Command } from "commander";
import { type BundleReport, inspectBundle } from "../../authoring/index.ts";
import { defaultBundleLimits, type JudgedSignatures, judgeSignatures, type Keyring, readBundle } from "../../parts/bundle/index.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";
import { readAll } from "./read-all.ts";
import { keyringIn } from "./read-keyring.ts";
import { signatureRows, signaturesJson } from "./shown-signatures.ts";

interface InspectFlags {
  readonly keyring?: string;
  readonly json?: boolean;
}

export function registerBundleInspect(bundle: Command, terminal: Terminal): void {
  bundle
    .command("inspect")
    .description("say what is in a bundle, without believing it")
    .argument("<file>", "the bundle")
    .option("--keyring <file>", "say which of its signatures count by these public keys")
    .option("--json", "print one JSON object")
    .action(async (file: string, flags: InspectFlags) => {
      process.exitCode = await inspect(terminal, file, flags);
    });
}

async function inspect(terminal: Terminal, file: string, flags: InspectFlags): Promise<number> {
  const inputs = await readAll(terminal, flags.keyring === undefined ? [file] : [file, flags.keyring]);
  if (!inputs) return exitCodes.unavailable;
  const [bytes = Buffer.alloc(0), keyringText] = inputs;
  const keyring = keyringText === undefined ? undefined : keyringIn(terminal, flags.keyring ?? "", keyringText);
  if (keyringText !== undefined && keyring === undefined) return exitCodes.mistake;
  const judged = keyring === undefined ? undefined : await judge(bytes, keyring);
  const report = await inspectBundle(bytes);
  if (!report.ok) {
    terminal.err(`"${file}" cannot be read: ${report.error.detail}`);
    return exitCodes.mistake;
  }
  if (flags.json) {
    terminal.out(JSON.stringify({ ...report.value, ...(judged !== undefined && signaturesJson(judged)) }));
    return exitCodes.ok;
  }
  const { paint } = terminal;
  const { name, revision, sequence, digest, expires, counts, cases, packages } = report.value;
  terminal.out(
    table([
      [paint.dim("bundle"), `${name} ${revision}, sequence ${sequence}`],
      [paint.dim("digest"), digest],
      ...(judged === undefined ? claimedRows(report.value, terminal) : signatureRows(judged, terminal)),
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

/** Undefined for a bundle that has no signatures to judge; `inspectBundle` says what is wrong with a broken one. */
async function judge(bytes: Uint8Array, keyring: Keyring): Promise<JudgedSignatures | undefined> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  const judged = contents.ok ? await judgeSignatures(contents.value, keyring, { now: Date.now() }) : contents;
  return judged.ok ? judged.value : undefined;
}

function claimedRows({ signatures }: BundleReport, { paint }: Terminal): readonly (readonly string[])[] {
  if (signatures.length === 0) return [[paint.dim("signature"), "none"]];
  return signatures.map(({ kid, algorithm }, at) => [
    paint.dim(at === 0 ? "signature" : "co-signature"),
    `${kid} (${algorithm}), not verified here`,
  ]);
}
