import { demoClients, demoUsers } from "../people.ts";
import { DEMO_LOGIN, TOKEN_EXCHANGE } from "./token-exchange.ts";

export interface TokenRequest {
  /** Login of a demo user; absent for an agent alone. */
  readonly user?: string;
  /** Id of the client: an agent, or the operators' own. */
  readonly client: string;
  /** The gateway's resource identifier. */
  readonly audience: string;
}

/** Asks the demo provider for an access token, by HTTP as any client would. Throws with the provider's own words if it refuses. */
export async function requestToken(tokenEndpoint: string, { user, client: id, audience }: TokenRequest): Promise<string> {
  const client = demoClients.find((known) => known.id === id);
  if (client === undefined) throw new Error(`unknown client "${id}", wanted one of ${demoClients.map((known) => known.id).join(", ")}`);
  const response = await fetch(tokenEndpoint, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` },
    body: new URLSearchParams({ ...(user === undefined ? { grant_type: "client_credentials" } : subjectOf(user)), resource: audience }),
  });
  const answer: unknown = await response.json();
  if (typeof answer === "object" && answer !== null && "access_token" in answer && typeof answer.access_token === "string")
    return answer.access_token;
  throw new Error(`the provider refused a token (${response.status}): ${JSON.stringify(answer)}`);
}

function subjectOf(login: string): Record<string, string> {
  const user = demoUsers.find((known) => known.login === login);
  if (user === undefined) throw new Error(`unknown user "${login}", wanted one of ${demoUsers.map((known) => known.login).join(", ")}`);
  return { grant_type: TOKEN_EXCHANGE, subject_token: `${user.login}:${user.password}`, subject_token_type: DEMO_LOGIN };
}
