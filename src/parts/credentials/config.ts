import { isAbsolute } from "node:path";
import { z } from "zod";

const secret = z.union(
  [
    z.strictObject({ env: z.string().min(1).describe("Name of the environment variable that holds the secret.") }),
    z.strictObject({
      file: z.string().refine(isAbsolute, "wanted an absolute path").describe("File that holds the secret; one newline at its end is cut."),
    }),
  ],
  'wanted { env: NAME } or { file: "/absolute/path" }',
);

/** Secrets by the names that the bundle uses. Their values never stand in a configuration. */
export const credentialsConfig = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "wanted a name of lower case letters, digits, _ and -, starting with a letter"),
    secret,
  )
  .default({})
  .describe("Where the secrets are that the gateway shows to servers. The bundle says which server gets which.");

export type CredentialsConfig = z.infer<typeof credentialsConfig>;
