import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import {
  DEMO_LOGIN,
  demoClients,
  demoUsers,
  type ProviderOptions,
  type RunningProvider,
  requestToken,
  startProvider,
  TOKEN_EXCHANGE,
} from "../../src/demo/provider/index.ts";
import { startProcess } from "./support-process.ts";

const audience = "http://127.0.0.1:4400";
const running: RunningProvider[] = [];

async function start(options: Partial<ProviderOptions> = {}): Promise<RunningProvider> {
  const provider = await startProvider({ port: 0, audiences: [audience], ...options });
  running.push(provider);
  return provider;
}

afterEach(async () => {
  for (const provider of running.splice(0)) await provider.stop();
});

function verify(token: string, provider: { url: string }, wanted = audience) {
  return jwtVerify(token, createRemoteJWKSet(new URL(`${provider.url}/jwks`)), { issuer: provider.url, audience: wanted });
}

async function post(
  provider: RunningProvider,
  body: Record<string, string>,
  client = demoClients[0]!,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`;
  const response = await fetch(provider.tokenEndpoint, { method: "POST", headers: { authorization }, body: new URLSearchParams(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("the demo provider", () => {
  it("gives an agent alone a signed token that names only the agent", async () => {
    const provider = await start();
    const { payload, protectedHeader } = await verify(
      await requestToken(provider.tokenEndpoint, { client: "reporter", audience }),
      provider,
    );
    expect(protectedHeader).toMatchObject({ alg: "RS256", typ: "at+jwt" });
    expect(payload).toMatchObject({ sub: "reporter", client_id: "reporter", aud: audience });
    expect(payload).not.toHaveProperty("act");
    expect(payload).not.toHaveProperty("groups");
  });

  it("gives a user through an agent a token that names both, with the user's groups", async () => {
    const provider = await start();
    for (const { login, email, groups } of demoUsers) {
      const { payload } = await verify(
        await requestToken(provider.tokenEndpoint, { user: login, client: "support-bot", audience }),
        provider,
      );
      expect(payload).toMatchObject({ sub: login, act: { sub: "support-bot" }, client_id: "support-bot", groups, email, aud: audience });
    }
  });

  it("signs with ES256 if asked to, and for as long as asked to", async () => {
    const provider = await start({ algorithm: "ES256", ttlSeconds: 60 });
    for (const user of [undefined, "ann"]) {
      const token = await requestToken(provider.tokenEndpoint, {
        client: "support-bot",
        audience,
        ...(user === undefined ? {} : { user }),
      });
      const { payload, protectedHeader } = await verify(token, provider);
      expect(protectedHeader.alg).toBe("ES256");
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    }
  });

  it("gives tokens for the audiences it knows, and for one at a time", async () => {
    const other = "https://other.example";
    const provider = await start({ audiences: [audience, other] });
    await verify(await requestToken(provider.tokenEndpoint, { user: "ann", client: "support-bot", audience: other }), provider, other);
    await expect(
      requestToken(provider.tokenEndpoint, { user: "ann", client: "support-bot", audience: "https://evil.example" }),
    ).rejects.toThrow("invalid_target");
    await expect(requestToken(provider.tokenEndpoint, { client: "reporter", audience: "https://evil.example" })).rejects.toThrow(
      "invalid_target",
    );
  });

  it("refuses a wrong password, a wrong secret and an unknown kind of subject", async () => {
    const provider = await start();
    const good = { grant_type: TOKEN_EXCHANGE, subject_token: "ann:ann-demo", subject_token_type: DEMO_LOGIN, resource: audience };
    expect(await post(provider, good)).toMatchObject({
      status: 200,
      body: { issued_token_type: "urn:ietf:params:oauth:token-type:access_token" },
    });
    expect(await post(provider, { ...good, subject_token: "ann:bob-demo" })).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
    expect(await post(provider, { ...good, subject_token_type: "urn:x" })).toMatchObject({
      status: 400,
      body: { error: "invalid_request" },
    });
    expect(await post(provider, good, { id: "support-bot", secret: "guess" })).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
  });

  it("signs with a new key after a rotation and still publishes the old one", async () => {
    const provider = await start();
    const before = await requestToken(provider.tokenEndpoint, { client: "reporter", audience });
    provider.rotate();
    const after = await requestToken(provider.tokenEndpoint, { client: "reporter", audience });
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    expect(decodeProtectedHeader(after).kid).toBe(provider.keyIds()[0]);
    await verify(before, provider);
    await verify(after, provider);
  });

  it("publishes only the new key if told to drop the old one", async () => {
    const provider = await start({ keepOldKeys: false });
    const before = await requestToken(provider.tokenEndpoint, { client: "reporter", audience });
    provider.rotate();
    await expect(verify(before, provider)).rejects.toThrow("no applicable key");
  });

  it("runs as a process of its own, rotates on SIGUSR2 and ends on SIGTERM", async () => {
    const child = startProcess("src/demo/provider/main.ts", ["--port", "0", "--algorithm", "ES256"]);
    try {
      const ready = await child.line();
      expect(ready).toEqual({ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
      const { url } = ready as { url: string };
      const token = await requestToken(`${url}/token`, { user: "ann", client: "support-bot", audience });
      child.kill("SIGUSR2");
      expect(await child.line()).toMatchObject({ rotated: true, keys: [expect.any(String), decodeProtectedHeader(token).kid] });
      await verify(token, { url });
      child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
      expect(child.errors()).toBe("");
    } finally {
      child.kill("SIGKILL");
    }
  });
});
