import { createServer } from "node:http";
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK } from "jose";

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function newKey(kid: string, alg = "ES256"): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** An issuer that publishes keys over HTTP and counts who asks. */
export interface KeyServer {
  readonly issuer: string;
  readonly jwksUri: string;
  keys: JWK[];
  /** Changes what any path answers; `undefined` leaves it as it is. */
  answer: ((path: string) => { readonly status?: number; readonly body?: string; readonly location?: string } | undefined) | undefined;
  readonly asked: string[];
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startKeyServer(): Promise<KeyServer> {
  let port = 0;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const known = state.answer?.(path);
    if (known) {
      response.writeHead(known.status ?? 200, known.location ? { location: known.location } : {}).end(known.body ?? "");
      return;
    }
    if (path === "/jwks") response.end(JSON.stringify({ keys: state.keys }));
    else if (path === "/.well-known/openid-configuration") response.end(JSON.stringify({ issuer: state.issuer, jwks_uri: state.jwksUri }));
    else response.writeHead(404).end();
  });
  const state: KeyServer = {
    get issuer() {
      return `http://127.0.0.1:${port}`;
    },
    get jwksUri() {
      return `http://127.0.0.1:${port}/jwks`;
    },
    keys: [],
    answer: undefined,
    asked,
    start: () =>
      new Promise((resolve) => {
        server.listen(port, "127.0.0.1", () => {
          const address = server.address();
          port = typeof address === "object" && address !== null ? address.port : 0;
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await state.start();
  return state;
}

export interface TokenParts {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A token for a user through an agent; `undefined` members are left out. Times are seconds. */
export async function sign(key: SigningKey, issuer: string, nowMs: number, parts: TokenParts = {}): Promise<string> {
  const now = Math.floor(nowMs / 1000);
  const claims = {
    iss: issuer,
    aud: "https://gate.example.com",
    sub: "ann",
    client_id: "support-bot",
    iat: now,
    exp: now + 300,
    ...parts.claims,
  };
  // Signs whatever it is given, as a careless issuer would.
  const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "at+jwt", ...parts.header })
    .sign(key.privateKey);
  return `Bearer ${token}`;
}
