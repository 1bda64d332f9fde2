import { z } from "zod";
import { type Digest, sha256 } from "../../../../core/digest.ts";
import { decodeUtf8, parseJson } from "../../../../core/json/index.ts";
import { err, ok, type Result } from "../../../../core/result.ts";

/** The media types that OPA and oras use for bundles. */
export const mediaTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  bundle: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

/** What is asked for beside a manifest only to be refused by name. */
const others: Readonly<Record<string, string>> = {
  "application/vnd.oci.image.index.v1+json": "an index of several images",
  "application/vnd.docker.distribution.manifest.list.v2+json": "a list of several images",
  "application/vnd.docker.distribution.manifest.v2+json": "an image of Docker's own kind",
};

export const acceptedManifests = [mediaTypes.manifest, ...Object.keys(others)].join(", ");

/** Registries take no larger manifests (OCI distribution, section "Pushing Manifests"). */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;

const jsonLimits = { maxDepth: 32, foldKeysToDepth: 0, unsafeNumbers: "refuse" } as const;

const descriptor = z.looseObject({
  mediaType: z.string(),
  digest: z.templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)]).transform((text): Digest => text),
  size: z.int().min(0),
});
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
});

/** A blob as a manifest names it. */
export interface Blob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** The layer of a manifest that is the bundle. */
export function bundleIn(bytes: Uint8Array, contentType: string | undefined): Result<Blob, string> {
  const text = decodeUtf8(bytes);
  const value = text.ok ? parseJson(text.value, jsonLimits) : text;
  if (!value.ok) return err(`found no manifest${contentType === undefined ? "" : ` but "${contentType.slice(0, 60)}"`}, wanted JSON`);
  const said = z.looseObject({ mediaType: z.string().optional(), manifests: z.unknown().optional() }).safeParse(value.value).data;
  const type = said?.mediaType ?? contentType?.split(";")[0]?.trim() ?? "";
  const other = others[type] ?? (said?.manifests === undefined ? undefined : "an index of several images");
  if (other !== undefined) return err(`found ${other}, wanted one OCI image; name it by its own tag or digest`);
  const manifest = manifestSchema.safeParse(value.value);
  if (!manifest.success || type !== mediaTypes.manifest) return err(`found a manifest of type "${type.slice(0, 80)}" that is no OCI image`);
  const layers = manifest.data.layers.filter((layer) => layer.mediaType === mediaTypes.bundle);
  const [layer] = layers;
  if (layer === undefined || layers.length > 1) return err(`found ${layers.length} layers of type "${mediaTypes.bundle}", wanted one`);
  return ok({ digest: layer.digest, size: layer.size });
}

/** What stands beside a bundle in its manifest, for people and tools; nobody believes it. */
export type Annotations = Readonly<Record<string, string>>;

/** The same bundle gives the same bytes, so that a push that is tried again changes nothing. */
export function manifestFor(config: Uint8Array, bundle: Uint8Array, annotations: Annotations): Uint8Array {
  const blob = (mediaType: string, bytes: Uint8Array) => ({ mediaType, digest: sha256(bytes), size: bytes.byteLength });
  const sorted = Object.fromEntries(Object.entries(annotations).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: blob(mediaTypes.config, config),
      layers: [blob(mediaTypes.bundle, bundle)],
      annotations: sorted,
    }),
  );
}
