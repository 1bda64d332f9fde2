import { readFile, writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { environment } from "../app/index.ts";
import { buildBundle, counted, findOpa, inspectBundle, signBundle } from "../authoring/index.ts";
import { formatMistakes } from "../core/mistakes.ts";
import {
  defaultBundleLimits,
  readBundle,
  readKeyring,
  readManifest,
  type SignatureAlgorithm,
  verifyBundle,
} from "../parts/bundle/index.ts";
import { registerBundleKeygen } from "./bundle-keygen.ts";
import { instant, wholeNumber } from "./flags.ts";
import { systemRefusal } from "./system-error.ts";
import { exitCodes, type Terminal, table } from "./terminal.ts";

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

interface SignFlags {
  readonly key: string;
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
}

export function registerBundle(program: Command, terminal: Terminal): void {
  const bundle = program.command("bundle").description("build, sign, verify and inspect signed policy bundles");
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
  registerBundleKeygen(bundle, terminal);
  bundle
    .command("sign")
    .description("sign every file of a bundle with a private key")
    .argument("<file>", "the bundle; it is written anew with the signature")
    .requiredOption("--key <file>", "private key, PEM (PKCS #8)")
    .requiredOption("--kid <id>", "the key's id in the keyring")
    .addOption(new Option("--algorithm <name>", "how the key signs").choices(["ES256", "EdDSA"]).default("ES256"))
    .action(async (file: string, flags: SignFlags) => {
      process.exitCode = await sign(terminal, file, flags);
    });
  bundle
    .command("verify")
    .description("say whether a gateway would take this bundle: signature, files, manifest, place, expiry")
    .argument("<file>", "the bundle")
    .requiredOption("--keyring <file>", "the public keys that count")
    .option("--environment <name>", "the environment it must be for")
    .option("--tenant <name>", "the tenant it must be for", "default")
    .option("--json", "print one JSON object")
    .action(async (file: string, flags: VerifyFlags) => {
      process.exitCode = await verify(terminal, file, flags);
    });
  bundle
    .command("inspect")
    .description("say what is in a bundle, without believing it")
    .argument("<file>", "the bundle")
    .option("--json", "print one JSON object")
    .action(async (file: string, flags: { readonly json?: boolean }) => {
      process.exitCode = await inspect(terminal, file, flags);
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

async function sign(terminal: Terminal, file: string, flags: SignFlags): Promise<number> {
  const inputs = await readAll(terminal, [file, flags.key]);
  if (!inputs) return exitCodes.unavailable;
  const [bytes = Buffer.alloc(0), key = Buffer.alloc(0)] = inputs;
  const signed = await signBundle(bytes, {
    privateKey: key.toString("utf8"),
    kid: flags.kid,
    algorithm: flags.algorithm,
  });
  if (!signed.ok) {
    terminal.err(`cannot sign "${file}": ${signed.error}`);
    return exitCodes.mistake;
  }
  await writeFile(file, signed.value);
  terminal.out(`Signed ${file} with the key "${flags.kid}".`);
  return exitCodes.ok;
}

interface VerifyFlags {
  readonly keyring: string;
  readonly environment?: string;
  readonly tenant: string;
  readonly json?: boolean;
}

async function verify(terminal: Terminal, file: string, flags: VerifyFlags): Promise<number> {
  const inputs = await readAll(terminal, [file, flags.keyring]);
  if (!inputs) return exitCodes.unavailable;
  const [bytes = Buffer.alloc(0), keyringText = Buffer.alloc(0)] = inputs;
  const keyring = readKeyring(keyringText.toString("utf8"));
  if (!keyring.ok) {
    terminal.err(
      formatMistakes(
        keyring.error.map((mistake) => ({ ...mistake, file: flags.keyring })),
        { colour: terminal.colour },
      ),
    );
    return exitCodes.mistake;
  }
  const contents = await readBundle(bytes, defaultBundleLimits);
  const manifest = contents.ok ? readManifest(contents.value) : contents;
  const expected = flags.environment ?? (manifest.ok ? manifest.value.metadata.toolgate.environment : "");
  const verified = contents.ok
    ? await verifyBundle(contents.value, keyring.value, { tenant: flags.tenant, environment: expected, now: Date.now() })
    : contents;
  if (flags.json) terminal.out(JSON.stringify(verified.ok ? { ok: true, ...verified.value.identity } : { ok: false, ...verified.error }));
  else if (verified.ok) {
    const { identity, expiresAt } = verified.value;
    terminal.out(`${terminal.paint.green("The bundle holds.")}`);
    terminal.out(
      table([
        [terminal.paint.dim("bundle"), `${identity.name} ${identity.revision}, sequence ${identity.sequence}`],
        [terminal.paint.dim("digest"), identity.digest],
        [terminal.paint.dim("signer"), identity.signer],
        [terminal.paint.dim("expires"), new Date(expiresAt).toISOString()],
      ]),
    );
  } else terminal.err(`${terminal.paint.red("The bundle does not hold.")} ${verified.error.code}: ${verified.error.detail}`);
  return verified.ok ? exitCodes.ok : exitCodes.finding;
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

async function readAll(terminal: Terminal, files: readonly string[]): Promise<readonly Buffer[] | undefined> {
  const contents: Buffer[] = [];
  for (const file of files) {
    try {
      contents.push(await readFile(file));
    } catch (error) {
      terminal.err(systemRefusal(error) ?? `"${file}" cannot be read: ${String(error)}`);
      return undefined;
    }
  }
  return contents;
}
