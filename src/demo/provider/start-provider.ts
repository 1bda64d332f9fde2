import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type Adapter, type Configuration, errors, Provider, type ResourceServer } from "oidc-provider";
import { demoClients, demoUsers } from "../people.ts";
import { newSigningKey, type SigningAlgorithm, type SigningKey } from "./key-ring.ts";
import { registerTokenExchange, TOKEN_EXCHANGE } from "./token-exchange.ts";

export interface ProviderOptions {
  /** What tokens name as their issuer; the provider's own address if absent. */
  readonly issuer?: string;
  /** 0 takes a free port. */
  readonly port?: number;
  /** Audiences that tokens may be asked for: the gateway's resource identifier, and others in tests. */
  readonly audiences: readonly string[];
  readonly algorithm?: SigningAlgorithm;
  /** Whether keys of before a rotation stay published. */
  readonly keepOldKeys?: boolean;
  /** Seconds for which a token is valid. */
  readonly ttlSeconds?: number;
}

export interface RunningProvider {
  /** Its address. */
  readonly url: string;
  readonly tokenEndpoint: string;
  /** Ids of the published keys; the first one signs. */
  keyIds(): readonly string[];
  /** Signs with a new key from now on. */
  rotate(): void;
  stop(): Promise<void>;
}

export const DEFAULT_PORT = 4401;

/** Starts the demo's identity provider on 127.0.0.1: demo users, demo agents, signed access tokens. Keys live in memory only. */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  const algorithm = options.algorithm ?? "RS256";
  let keys = [newSigningKey(algorithm)];
  let answer: RequestListener = (_, response) => response.writeHead(503).end();
  const http = createServer((request, response) => answer(request, response));
  http.listen(options.port ?? DEFAULT_PORT, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  answer = newProvider(options.issuer ?? url, keys, options).callback();
  return {
    url,
    tokenEndpoint: `${url}/token`,
    keyIds: () => keys.map((key) => key.kid),
    rotate: () => {
      keys = [newSigningKey(algorithm), ...(options.keepOldKeys === false ? [] : keys)];
      answer = newProvider(options.issuer ?? url, keys, options).callback();
    },
    stop: async () => {
      http.close();
      http.closeAllConnections();
      await once(http, "close");
    },
  };
}

function newProvider(issuer: string, keys: readonly SigningKey[], options: ProviderOptions): Provider {
  const resourceOf = (identifier: string): ResourceServer => {
    if (!options.audiences.includes(identifier)) throw new errors.InvalidTarget(`unknown resource "${identifier}"`);
    const key = keys[0];
    return {
      scope: "mcp",
      audience: identifier,
      accessTokenFormat: "jwt",
      accessTokenTTL: options.ttlSeconds ?? 3600,
      ...(key === undefined ? {} : { jwt: { sign: { alg: key.alg, kid: key.kid } } }),
    };
  };
  const provider = new Provider(issuer, configuration(keys, options, resourceOf));
  registerTokenExchange(provider, resourceOf);
  return provider;
}

function configuration(
  keys: readonly SigningKey[],
  options: ProviderOptions,
  resourceOf: (identifier: string) => ResourceServer,
): Configuration {
  const ttl = options.ttlSeconds ?? 3600;
  return {
    adapter: NothingStored,
    jwks: { keys: keys as NonNullable<Configuration["jwks"]>["keys"] },
    clients: demoClients.map(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ["client_credentials", TOKEN_EXCHANGE],
      redirect_uris: [],
      response_types: [],
    })),
    clientDefaults: { id_token_signed_response_alg: options.algorithm ?? "RS256" },
    scopes: ["mcp"],
    ttl: { AccessToken: ttl, ClientCredentials: ttl },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => options.audiences[0] ?? [],
        getResourceServerInfo: (_, identifier) => resourceOf(identifier),
      },
    },
    findAccount: () => undefined,
    extraTokenClaims: (_, token) => {
      const user = "accountId" in token ? demoUsers.find(({ login }) => login === token.accountId) : undefined;
      return user === undefined ? undefined : { act: { sub: token.clientId }, groups: user.groups, email: user.email };
    },
  };
}

/** Its tokens are signed and self-contained, its clients are fixed: there is nothing to remember. */
class NothingStored implements Adapter {
  async upsert(): Promise<undefined> {}
  async find(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async consume(): Promise<undefined> {}
  async destroy(): Promise<undefined> {}
  async revokeByGrantId(): Promise<undefined> {}
}
