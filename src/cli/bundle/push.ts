import { type Command, InvalidArgumentError } from "commander";
import { ok, type Result } from "../../core/result.ts";
import {
  type BundleRefusal,
  defaultBundleLimits,
  pushImage,
  type Reference,
  readBundle,
  readManifest,
  referenceText,
  signaturesFile,
} from "../../parts/bundle/index.ts";
import { progressOf } from "../progress.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";
import { readAll } from "./read-all.ts";
import { type RegistryFlags, reference, registryOf, withRegistryFlags } from "./registry-flags.ts";

interface PushFlags extends RegistryFlags {
  readonly unsigned?: boolean;
  readonly json?: boolean;
}

export function registerBundlePush(bundle: Command, terminal: Terminal): void {
  const command = bundle
    .command("push")
    .description("leave a signed bundle in an OCI registry, where gateways and OPA get it")
    .argument("<file>", "the bundle")
    .argument("<reference>", "where to, e.g. registry.example.com/policies/acme:prod", tagged);
  withRegistryFlags(command)
    .option("--unsigned", "push it although nobody signed it; no gateway will take it")
    .option("--json", "print one JSON object")
    .action(async (file: string, named: Reference, flags: PushFlags) => {
      process.exitCode = await push(terminal, file, named, flags);
    });
}

function tagged(text: string): Reference {
  const named = reference(text);
  if (named.tag === undefined) throw new InvalidArgumentError("found no tag; wanted the tag that shall name the bundle");
  return named;
}

async function push(terminal: Terminal, file: string, named: Reference, flags: PushFlags): Promise<number> {
  const inputs = await readAll(terminal, [file]);
  if (!inputs) return exitCodes.unavailable;
  const [bytes = Buffer.alloc(0)] = inputs;
  const about = await aboutOf(bytes);
  if (!about.ok) return fail(terminal, flags, exitCodes.mistake, about.error);
  if (!about.value.signed && flags.unsigned !== true) {
    const detail = "nobody signed it, so that no gateway would take it; sign it first (toolgate bundle sign)";
    return fail(terminal, flags, exitCodes.mistake, { code: "bundle.unsigned", detail });
  }
  const registry = await registryOf(named, flags, "pull,push");
  if (!registry.ok) return fail(terminal, flags, exitCodes.unavailable, { detail: registry.error });
  const signal = AbortSignal.any([terminal.closed, AbortSignal.timeout(flags.timeout * 1000)]);
  const onProgress = progressOf(terminal, referenceText(named), "sent");
  const { annotations } = about.value;
  const pushed = await pushImage({ registry: registry.value, bundle: bytes, annotations, signal, onProgress });
  await registry.value.close();
  if (!pushed.ok) return fail(terminal, flags, exitCodes.unavailable, pushed.error);
  const { digest, unchanged } = pushed.value;
  const { host, repository, tag } = named;
  if (flags.json) {
    terminal.out(JSON.stringify({ ok: true, reference: referenceText(named), tag, digest, unchanged, annotations }));
    return exitCodes.ok;
  }
  terminal.out(unchanged ? "It was there already." : `Pushed ${file}.`);
  terminal.out(
    table([
      [terminal.paint.dim("tag"), `${host}/${repository}:${tag}`],
      [terminal.paint.dim("digest"), `${host}/${repository}@${digest}`],
    ]),
  );
  return exitCodes.ok;
}

interface About {
  readonly signed: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What stands beside the bundle for people who look into the registry. The same bundle gives the same, so that nothing of it is the time. */
async function aboutOf(bytes: Uint8Array): Promise<Result<About, BundleRefusal>> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  if (!contents.ok) return contents;
  const manifest = readManifest(contents.value);
  if (!manifest.ok) return manifest;
  const { name, sequence, environment } = manifest.value.metadata.toolgate;
  return ok({
    signed: contents.value.files.has(signaturesFile),
    annotations: {
      "org.opencontainers.image.title": name,
      "org.opencontainers.image.revision": manifest.value.revision,
      "toolgate.bundle.sequence": String(sequence),
      "toolgate.bundle.environment": environment,
    },
  });
}

function fail(
  terminal: Terminal,
  flags: PushFlags,
  code: number,
  { code: reason, detail }: { readonly code?: string; readonly detail: string },
): number {
  if (flags.json) terminal.out(JSON.stringify({ ok: false, ...(reason !== undefined && { code: reason }), detail }));
  else terminal.err(`${terminal.paint.red("Nothing was pushed.")} ${reason === undefined ? "" : `${reason}: `}${detail}`);
  return code;
}
