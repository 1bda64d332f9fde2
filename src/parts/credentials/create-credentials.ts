import { err, ok, type Result } from "../../core/result.ts";
import type { CredentialMode } from "../../core/server.ts";
import type { Clock } from "../../platform/clock.ts";
import type { CredentialsConfig } from "./config.ts";
import type { CredentialMissing, Credentials } from "./credentials.ts";
import { type Secret, secretOf } from "./secrets.ts";

export interface CredentialsOptions {
  readonly secrets: CredentialsConfig;
  /** The environment as a record; this part reads no environment itself. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

type Headers = Readonly<Record<string, string>>;

const NO_HEADERS: Headers = Object.freeze({});
const SCRUBBED = "[secret]";
/** Shorter values would be found in ordinary words. */
const SCRUB_FROM = 6;

export function createCredentials({ secrets: config, environment, clock }: CredentialsOptions): Credentials {
  const secrets = new Map(Object.entries(config).map(([name, source]) => [name, secretOf(source, environment, clock)]));
  // Looked up at once, so that they are recognised in a text even before a server needed them.
  for (const secret of secrets.values()) void secret.read();
  // The same headers object for the same value: who sends them can keep what they made of it.
  const made = new Map<string, { readonly value: string; readonly headers: Headers }>();

  function headers(mode: Extract<CredentialMode, { mode: "company" }>, value: string): Headers {
    const key = `${mode.secret}\n${mode.header}\n${mode.prefix}`;
    const known = made.get(key);
    if (known?.value === value) return known.headers;
    const fresh = Object.freeze({ [mode.header.toLowerCase()]: `${mode.prefix}${value}` });
    made.set(key, { value, headers: fresh });
    return fresh;
  }

  return {
    async headersFor(credential) {
      if (credential.mode === "none") return ok(NO_HEADERS);
      const value = await secretValue(secrets, credential.secret);
      return value.ok ? ok(headers(credential, value.value)) : value;
    },
    scrub: (text) => scrub(text, secrets),
  };
}

async function secretValue(secrets: ReadonlyMap<string, Secret>, name: string): Promise<Result<string, CredentialMissing>> {
  const secret = secrets.get(name);
  const value = secret === undefined ? err("it is not in the configuration") : await secret.read();
  return value.ok ? value : err({ code: "upstream.no_credential", detail: `the secret "${name}" is missing: ${value.error}` });
}

function scrub(text: string, secrets: ReadonlyMap<string, Secret>): string {
  let clean = text;
  for (const secret of secrets.values()) {
    for (const value of secret.values) {
      if (value.length < SCRUB_FROM) continue;
      clean = clean.replaceAll(value, SCRUBBED);
      // In JSON text it may stand escaped.
      const escaped = JSON.stringify(value).slice(1, -1);
      if (escaped !== value) clean = clean.replaceAll(escaped, SCRUBBED);
    }
  }
  return clean;
}
