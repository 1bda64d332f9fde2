import { isIP } from "node:net";
import { z } from "zod";

/** Signatures anybody can check and only the issuer can make. There is no symmetric one: whoever could check could forge. */
export const asymmetricAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

const safeUrl = z
  .string()
  .refine(isSafeUrl, 'wanted an https URL without fragment or credentials, or http on loopback, e.g. "https://login.example.com"');

const claim = z.string().min(1).max(200);

const claims = z.strictObject({
  user: claim.default("sub").describe("Claim that names the user. A token for a user without it is refused."),
  groups: claim.default("groups").describe("Claim with the user's groups: a list of strings, or one string."),
  email: claim.default("email").describe("Claim with the user's address; left out if email_verified is false."),
  agent: z
    .array(claim)
    .min(1)
    .default(["client_id", "azp"])
    .describe("Claims that may name the client, first one wins. In a token with act, act.sub names the agent instead."),
});

const issuer = z.strictObject({
  issuer: safeUrl.describe("The iss claim, exactly as the tokens carry it."),
  audience: z
    .string()
    .min(1)
    .describe('What the aud claim must hold: the name your tokens carry for this gateway, e.g. "https://gate.example.com".'),
  tenant: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'wanted lower-case letters, digits and "-", e.g. "default"')
    .default("default")
    .describe("Tenant of every principal of this issuer."),
  jwks_uri: safeUrl.optional().describe("Where its keys are. Left out: taken from the issuer's own metadata."),
  algorithms: z
    .array(z.enum(asymmetricAlgorithms))
    .min(1)
    .default(["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"])
    .describe("Signature algorithms accepted from this issuer."),
  types: z
    .array(z.string().min(1))
    .min(1)
    .default(["at+jwt", "JWT"])
    .describe("Values of the typ header that are accepted, in any case, with or without application/."),
  claims: claims.prefault({}).describe("Which claim means what. A name is looked up whole first, then as a path split at dots."),
  agent_alone: z
    .strictObject({
      claim: claim.describe("The claim that marks such a token."),
      value: z.string().optional().describe("What the claim must be; without it the claim only has to be there."),
    })
    .optional()
    .describe(
      'Marks tokens of the client credentials grant, e.g. claim "gty" with value "client-credentials". Without it: subject equals client.',
    ),
  workload: z.boolean().default(false).describe("Its tokens name workloads by their subject, no users and no clients."),
  jwks_refresh_s: z.int().min(1).max(86_400).default(600).describe("Keys older than this are read again while they are in use."),
  jwks_cooldown_s: z.int().min(1).max(3_600).default(30).describe("An unknown key makes the keys be read again at most this often."),
  jwks_max_age_s: z
    .int()
    .min(60)
    .max(604_800)
    .default(86_400)
    .describe("Keys that could not be read again for this long are not used any more."),
  jwks_timeout_ms: z.int().min(10).max(60_000).default(5_000).describe("Reading keys or metadata takes no longer."),
});

/** Who may issue tokens for this gateway. */
export const identityConfig = z.strictObject({
  issuers: z
    .array(issuer)
    .min(1)
    .refine((list) => new Set(list.map((entry) => entry.issuer)).size === list.length, "each issuer may be named once only")
    .describe("Issuers of access tokens that this gateway trusts."),
});

export type IdentityConfig = z.infer<typeof identityConfig>;
export type IssuerConfig = IdentityConfig["issuers"][number];

/** Keys read over plain HTTP could be replaced on the way, so that is for loopback only. */
export function isSafeUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || text.includes("#")) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}
