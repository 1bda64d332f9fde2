import { readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { foundText, type Mistake } from "../core/mistakes.ts";
import { err, ok, type Result } from "../core/result.ts";
import { rolloutConfig } from "../gateway/index.ts";
import { httpConfig } from "../http/index.ts";
import { budgetsConfig } from "../parts/budgets/index.ts";
import { type BundleConfig, bundleConfig } from "../parts/bundle/index.ts";
import { credentialsConfig } from "../parts/credentials/index.ts";
import { decisionsConfig } from "../parts/decisions/index.ts";
import { identityConfig } from "../parts/identity/index.ts";
import { operationsConfig } from "../parts/operations/index.ts";
import { policyConfig } from "../parts/policy/index.ts";
import { sessionsConfig } from "../parts/sessions/index.ts";
import { upstreamConfig } from "../parts/upstream/index.ts";
import { redisConfig } from "../platform/redis.ts";
import { readYaml } from "./read-yaml.ts";
import { sealingConfig } from "./seal-keys.ts";

const { places, ...upstream } = upstreamConfig.shape;

/** `toolgate.yaml`: where things are. Nothing in it can loosen access; that stands in the signed bundle. */
export const configSchema = z
  .strictObject({
    version: z.literal(1, "wanted 1, the version of the configuration that this gateway reads").describe("Version of this file's form."),
    data_dir: z.string().min(1).describe("Folder of the log, the activated bundles and the sequence floor; used by one process at a time."),
    ...httpConfig.shape,
    bundle: bundleConfig.describe("Where the signed bundle is, and whose it must be."),
    ...identityConfig.shape,
    places,
    secrets: credentialsConfig,
    upstream: z.strictObject(upstream).prefault({}).describe("How servers are reached."),
    log: decisionsConfig.prefault({}).describe("The decision log."),
    policy: policyConfig.prefault({}).describe("Bounds of policy evaluation."),
    budgets: budgetsConfig.prefault({}).describe("Bounds of the budget store."),
    operations: operationsConfig.prefault({}).describe("What operators decided at run time: quarantine and rollouts."),
    rollout: rolloutConfig.prefault({}).describe("What becomes of a new bundle that the source brings."),
    sessions: sessionsConfig.prefault({}).describe("Sessions of clients of the 2025 revisions."),
    redis: redisConfig.optional().describe("State that replicas share; without it budgets and sessions live in this process and its log."),
    sealing: sealingConfig
      .optional()
      .describe("Key of what clients bring back unread. Left out: replicas share one in `redis`; without it, it lies in `data_dir`."),
    log_level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("Level of the operational log on standard error."),
  })
  .superRefine(({ sealing, bundle, secrets }, context) => {
    for (const [path, name] of [...namesOfSecrets(sealing), ...secretsOfBundle(bundle)]) {
      if (name in secrets) continue;
      context.addIssue({ code: "custom", path: [...path], message: "wanted a name of `secrets`", params: { untold: true } });
    }
  });

export type Config = z.output<typeof configSchema>;

function namesOfSecrets(sealing: z.output<typeof sealingConfig> | undefined): readonly (readonly [readonly PropertyKey[], string])[] {
  if (sealing === undefined) return [];
  const previous = sealing.previous.map((name, at) => [["sealing", "previous", at], name] as const);
  return [[["sealing", "secret"], sealing.secret], ...previous];
}

function secretsOfBundle({ http, oci }: BundleConfig): readonly (readonly [readonly PropertyKey[], string])[] {
  const password = oci?.credentials?.password;
  return [
    ...(http?.bearer === undefined ? [] : [[["bundle", "http", "bearer"], http.bearer] as const]),
    ...(password === undefined ? [] : [[["bundle", "oci", "credentials", "password"], password] as const]),
  ];
}

/** Reads the configuration; relative paths in it count from its folder. Every mistake of the file at once. */
export async function readConfig(file: string): Promise<Result<Config, readonly Mistake[]>> {
  const path = resolve(file);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const found = error instanceof Error && "code" in error ? `no readable file (${String(error.code)})` : "no readable file";
    return err([{ file: path, path: "", found, wanted: "a configuration; see docs/configuration.md" }]);
  }
  const config = readYaml(text, configSchema, basename(path));
  return config.ok ? ok(withAbsolutePaths(config.value, dirname(path))) : config;
}

function withAbsolutePaths(config: Config, folder: string): Config {
  const absolute = (path: string) => (isAbsolute(path) ? path : join(folder, path));
  const listening = (listen: Config["listen"]): Config["listen"] =>
    listen.tls ? { ...listen, tls: { cert: absolute(listen.tls.cert), key: absolute(listen.tls.key) } } : listen;
  return {
    ...config,
    data_dir: absolute(config.data_dir),
    listen: listening(config.listen),
    ...(config.admin && { admin: { ...config.admin, listen: listening(config.admin.listen) } }),
    bundle: bundleWithPaths(config.bundle, absolute),
    secrets: Object.fromEntries(
      Object.entries(config.secrets).map(([name, secret]) => [name, "file" in secret ? { file: absolute(secret.file) } : secret]),
    ),
  };
}

function bundleWithPaths(bundle: BundleConfig, absolute: (path: string) => string): BundleConfig {
  const { file, http, oci, keyring } = bundle;
  const shown = http?.client_certificate;
  return {
    ...bundle,
    keyring: absolute(keyring),
    ...(file !== undefined && { file: absolute(file) }),
    ...(http && {
      http: {
        ...http,
        ...(http.ca !== undefined && { ca: absolute(http.ca) }),
        ...(shown && { client_certificate: { cert: absolute(shown.cert), key: absolute(shown.key) } }),
      },
    }),
    ...(oci && { oci: { ...oci, ...(oci.ca !== undefined && { ca: absolute(oci.ca) }) } }),
  };
}

/** What the file alone cannot show: paths, variables and places that are not there. */
export async function checkSurroundings(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Mistake[]> {
  const mistakes: Mistake[] = [];
  const file = "toolgate.yaml";
  for (const [path, target] of [
    ["bundle.file", config.bundle.file],
    ["bundle.keyring", config.bundle.keyring],
    ["bundle.http.ca", config.bundle.http?.ca],
    ["bundle.http.client_certificate.cert", config.bundle.http?.client_certificate?.cert],
    ["bundle.http.client_certificate.key", config.bundle.http?.client_certificate?.key],
    ["bundle.oci.ca", config.bundle.oci?.ca],
    ["listen.tls.cert", config.listen.tls?.cert],
    ["listen.tls.key", config.listen.tls?.key],
    ["admin.listen.tls.cert", config.admin?.listen.tls?.cert],
    ["admin.listen.tls.key", config.admin?.listen.tls?.key],
  ] as const) {
    if (target !== undefined && !(await isReadable(target)))
      mistakes.push({ file, path, found: foundText(target), wanted: "a file that can be read" });
  }
  for (const [name, secret] of Object.entries(config.secrets)) {
    if ("env" in secret && !environment[secret.env]) {
      mistakes.push({
        file,
        path: `secrets.${name}`,
        found: `${secret.env} is not set`,
        wanted: "an environment variable with the secret",
        remedy: `export ${secret.env}=…`,
      });
    }
    if ("file" in secret && !(await isReadable(secret.file)))
      mistakes.push({ file, path: `secrets.${name}`, found: foundText(secret.file), wanted: "a file that can be read" });
  }
  return mistakes;
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await readFile(path);
    return true;
  } catch {
    return false;
  }
}
