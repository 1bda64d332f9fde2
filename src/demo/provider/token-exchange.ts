import { errors, type Provider, type ResourceServer, type TokenEndpointGrantContext } from "oidc-provider";
import { type DemoUser, demoUsers } from "../people.ts";

export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

/** The demo's stand-in for a user's login: `<login>:<password>`. A company would exchange the user's own token here. */
export const DEMO_LOGIN = "urn:toolgate:demo:token-type:login";

const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

interface ExchangeParameters {
  readonly subject_token?: string;
  readonly subject_token_type?: string;
}

/**
 * Token exchange (RFC 8693): the client is the actor, the user is the subject, and the token names both (`sub` and `act`).
 * `resourceOf` says what the token is for, or refuses.
 */
export function registerTokenExchange(provider: Provider, resourceOf: (identifier: string) => ResourceServer): void {
  const parameters = ["subject_token", "subject_token_type", "resource", "scope"];
  provider.registerGrantType<ExchangeParameters>(TOKEN_EXCHANGE, (ctx) => exchange(provider, ctx, resourceOf), parameters);
}

async function exchange(
  provider: Provider,
  ctx: TokenEndpointGrantContext<ExchangeParameters>,
  resourceOf: (identifier: string) => ResourceServer,
): Promise<void> {
  const { client, params } = ctx.oidc;
  if (params.subject_token_type !== DEMO_LOGIN) throw new errors.InvalidRequest(`subject_token_type must be ${DEMO_LOGIN}`);
  const user = userOf(params.subject_token);
  if (user === undefined) throw new errors.InvalidGrant("unknown login");
  if (typeof params.resource !== "string") throw new errors.InvalidTarget("exactly one resource is wanted");
  const server = new provider.ResourceServer(params.resource, resourceOf(params.resource));
  const token = new provider.AccessToken({
    client,
    accountId: user.login,
    grantId: "",
    gty: TOKEN_EXCHANGE,
    ...(params.scope === undefined ? {} : { scope: params.scope }),
  });
  token.resourceServer = server;
  const value = await token.save();
  ctx.body = {
    access_token: value,
    issued_token_type: ACCESS_TOKEN,
    token_type: "Bearer",
    expires_in: token.expiration,
    ...(params.scope === undefined ? {} : { scope: params.scope }),
  };
}

function userOf(login: string | undefined): DemoUser | undefined {
  return demoUsers.find((user) => login === `${user.login}:${user.password}`);
}
