import { z } from "zod";
import { type BundleLimits, defaultBundleLimits } from "./limits.ts";
import { defaultTenant } from "./manifest.ts";
import { isLoopbackRegistry, isSafeUrl, parseReference, referenceForm } from "./sources/index.ts";

const positive = z.int().min(1);
const file = z.string().min(1);
const secret = z.string().min(1);

/** What every source has that must be asked. */
const asking = {
  ca: file.optional().describe("Path of the authorities (PEM) whose certificate it must show. Left out: the usual ones."),
  min_delay_ms: z.int().min(10).default(10_000).describe("Shortest time between two tries that go well, in milliseconds."),
  max_delay_ms: z.int().min(10).default(30_000).describe("Longest time between two tries; after failures, too."),
  timeout_ms: z.int().min(10).max(600_000).default(30_000).describe("One try, its download included, takes no longer."),
  start_wait_ms: z
    .int()
    .min(0)
    .max(600_000)
    .default(15_000)
    .describe("A start waits so long for the first bundle; then it goes on with the one promoted last, or ends if there is none."),
};

interface Delays {
  readonly min_delay_ms: number;
  readonly max_delay_ms: number;
}

const inOrder = (delays: Delays): boolean => delays.max_delay_ms >= delays.min_delay_ms;
const notInOrder = { path: ["max_delay_ms"], error: "wanted no less than min_delay_ms" };

const http = z
  .strictObject({
    url: z
      .string()
      .refine(
        isBundleUrl,
        'wanted an https URL without credentials or fragment, or http on loopback, e.g. "https://bundles.example.com/acme.tar.gz"',
      )
      .describe("Where the bundle is: an https URL (http on loopback only). Its query is never told."),
    bearer: secret.optional().describe("Name of the entry of `secrets` that is sent as a bearer token; to this origin only."),
    client_certificate: z
      .strictObject({
        cert: file.describe("Path of the certificate chain (PEM)."),
        key: file.describe("Path of its private key (PEM)."),
      })
      .optional()
      .describe("Certificate that the gateway shows there, in place of a bearer."),
    long_poll_s: positive
      .max(3600)
      .optional()
      .describe("Seconds that the server may hold an answer back until there is a new bundle, where it can. Left out: it is polled."),
    ...asking,
  })
  .refine(inOrder, notInOrder)
  .refine((config) => config.bearer === undefined || config.client_certificate === undefined, {
    path: ["client_certificate"],
    error: "wanted either bearer or client_certificate",
  })
  .refine((config) => config.client_certificate === undefined || config.url.startsWith("https:"), {
    path: ["client_certificate"],
    error: "wanted an https url to show a certificate to",
  });

const oci = z
  .strictObject({
    reference: z
      .string()
      .refine((text) => parseReference(text).ok, `wanted ${referenceForm}`)
      .describe("The image with the bundle, by tag or digest. With a digest no other content is ever taken."),
    credentials: z
      .strictObject({
        username: z.string().min(1).describe("Name of the account."),
        password: secret.describe("Name of the entry of `secrets` with its password or access token."),
      })
      .optional()
      .describe("Account at the registry. Left out: it is asked without one."),
    plain_http: z.boolean().default(false).describe("Speaks http in place of https. For a registry on loopback only."),
    ...asking,
  })
  .refine(inOrder, notInOrder)
  .refine((config) => !config.plain_http || isLoopbackRegistry(config.reference), {
    path: ["plain_http"],
    error: "wanted false: only a registry on loopback may be asked without TLS",
  });

const sources = ["file", "http", "oci"] as const;

/** Section `bundle` of the configuration: where the signed bundle is and whose it must be. It never says what is allowed. */
export const bundleConfig = z
  .strictObject({
    file: file.optional().describe("Path of the signed bundle (tar.gz). Watched. One of file, http and oci says where the bundle is."),
    http: http.optional().describe("A server with the bundle, which speaks OPA's bundle API: any that serves files will do."),
    oci: oci.optional().describe("A registry with the bundle, as `toolgate bundle push` leaves it there."),
    keyring: file.describe("Path of the keyring (YAML or JSON): the public keys whose signature counts. Watched."),
    name: z.string().min(1).describe("Name that the bundle's manifest must carry."),
    environment: z.string().min(1).describe("Environment that the bundle's manifest must carry."),
    tenant: z.string().min(1).default(defaultTenant).describe("Tenant that the bundle's manifest must carry."),
    min_sequence: positive.optional().describe("Bundles with a lower sequence are refused, whatever was active before."),
    poll_ms: z.int().min(100).default(5000).describe("Milliseconds between looks at the files, where changes are not reported."),
    max_bytes: positive.default(defaultBundleLimits.maxBytes).describe("Largest archive, in bytes as stored."),
    max_total_bytes: positive.default(defaultBundleLimits.maxTotalBytes).describe("Largest content, in bytes unpacked."),
    max_file_bytes: positive.default(defaultBundleLimits.maxFileBytes).describe("Largest single file, in bytes unpacked."),
    max_files: positive.default(defaultBundleLimits.maxFiles).describe("Most entries of the archive."),
    max_ratio: positive.default(defaultBundleLimits.maxRatio).describe("Most bytes unpacked for each byte stored."),
  })
  .superRefine((config, context) => {
    const [first, ...others] = sources.filter((source) => config[source] !== undefined);
    if (first === undefined) {
      context.addIssue({ code: "custom", path: ["file"], message: "wanted where the bundle is: one of file, http and oci" });
    }
    for (const other of others) {
      context.addIssue({ code: "custom", path: [other], message: `wanted one source only: there is ${first} already` });
    }
  });
export type BundleConfig = z.infer<typeof bundleConfig>;

export function bundleLimits(config: BundleConfig): BundleLimits {
  return {
    maxBytes: config.max_bytes,
    maxTotalBytes: config.max_total_bytes,
    maxFileBytes: config.max_file_bytes,
    maxFiles: config.max_files,
    maxRatio: config.max_ratio,
  };
}

function isBundleUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "" && !text.includes("#") && isSafeUrl(url);
}
