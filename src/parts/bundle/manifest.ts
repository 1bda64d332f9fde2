import { z } from "zod";
import { decodeUtf8, parseJson } from "../../core/json/index.ts";
import { ok, type Result } from "../../core/result.ts";
import type { BundleContents } from "./archive.ts";
import type { BundleRefusal } from "./bundle.ts";
import { manifestFile, wasmFile } from "./entry-name.ts";
import { refuse } from "./refuse.ts";

/** What every bundle answers. The same names stand in the policy part; a test holds them equal. */
export const entrypoints = ["toolgate/admit", "toolgate/discover", "toolgate/decide", "toolgate/inspect", "toolgate/mask"] as const;

export const defaultTenant = "default";

/** Deep enough for the schemas of tools; both this and OPA would read deeper ones, but no tool needs them. */
const jsonLimits = { maxDepth: 128, foldKeysToDepth: 0, unsafeNumbers: "refuse" } as const;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "1 to 64 letters, digits, dots, dashes or underscores");

/** `metadata.toolgate` of the manifest. */
export const manifestMetadata = z.strictObject({
  schema: z.literal(1),
  name,
  sequence: z.int().min(1),
  expires: z.iso.datetime({ offset: true }),
  environment: name,
  tenant: name.optional(),
  on_expiry: z.enum(["deny_all", "deny_writes"]),
  max_decide_ms: z.int().min(1).max(10_000),
});
export type ManifestMetadata = z.infer<typeof manifestMetadata>;

const manifestSchema = z.strictObject({
  revision: z.string().min(1).max(256),
  roots: z.tuple([z.literal("")]),
  rego_version: z.literal(1),
  wasm: z.array(
    z.strictObject({ entrypoint: z.string(), module: z.literal([`/${wasmFile}`, wasmFile]), annotations: z.unknown().optional() }),
  ),
  metadata: z.strictObject({ toolgate: manifestMetadata }),
});
export type Manifest = z.infer<typeof manifestSchema>;

export function readManifest(contents: BundleContents): Result<Manifest, BundleRefusal> {
  const value = readJsonFile(contents, manifestFile);
  if (!value.ok) return value;
  const schema = schemaVersionOf(value.value);
  if (typeof schema === "number" && schema > 1) {
    return refuse("bundle.unsupported", `found schema ${schema} in "${manifestFile}", wanted 1; a newer gateway is needed`);
  }
  const manifest = manifestSchema.safeParse(value.value);
  if (!manifest.success) {
    const mistakes = manifest.error.issues.map((issue) => `${issue.path.join(".") || "manifest"}: ${issue.message.toLowerCase()}`);
    return refuse("bundle.invalid_manifest", `"${manifestFile}": ${mistakes.join("; ")}`);
  }
  const declared = new Set(manifest.data.wasm.map((resolver) => resolver.entrypoint));
  const missing = entrypoints.filter((entrypoint) => !declared.has(entrypoint));
  if (missing.length > 0) return refuse("bundle.invalid_manifest", `found no entrypoint ${missing.join(", ")} in "${manifestFile}"`);
  return ok(manifest.data);
}

/** A JSON file of the bundle that every reader understands alike: no duplicate keys, no number that a double cannot hold. */
export function readJsonFile(contents: BundleContents, file: string): Result<unknown, BundleRefusal> {
  const bytes = contents.files.get(file);
  if (bytes === undefined) return refuse("bundle.file_missing", `found no "${file}"`);
  const text = decodeUtf8(bytes);
  const value = text.ok ? parseJson(text.value, jsonLimits) : text;
  return value.ok ? value : refuse("bundle.unreadable", `"${file}": ${value.error.detail} (position ${value.error.at})`);
}

function schemaVersionOf(manifest: unknown): unknown {
  const loose = z.looseObject({ metadata: z.looseObject({ toolgate: z.looseObject({ schema: z.unknown() }) }) }).safeParse(manifest);
  return loose.data?.metadata.toolgate.schema;
}
