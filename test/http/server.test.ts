import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createHttpServer, followCertificate, httpConfig, mcpDoor } from "../../src/http/index.ts";
import { memoryReplicas } from "../../src/parts/replicas/index.ts";
import { manualClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { fakeGateway, fakeSessions } from "../support/fake-gateway.ts";
import { selfSigned } from "./certificate.ts";

async function serve(listen: object) {
  const config = httpConfig.parse({ public_url: "https://gate.example.com", listen });
  const app = createHttpServer(config);
  const gateway = fakeGateway();
  await app.register(mcpDoor, {
    gateway,
    sessions: fakeSessions(),
    replicas: memoryReplicas(silentLogger),
    config,
    clock: manualClock(0),
    logger: silentLogger,
    issuers: [],
    version: "0",
  });
  onTestFinished(() => app.close());
  return { app, config, gateway };
}

test.each([
  ["no proxy is trusted", {}, "127.0.0.1"],
  ["the sender is no trusted proxy", { trusted_proxies: ["10.0.0.0/8"] }, "127.0.0.1"],
  ["the sender is a trusted proxy", { trusted_proxies: ["127.0.0.0/8"] }, "203.0.113.9"],
])("the caller's address when %s", async (_what, listen, ip) => {
  const { app, gateway } = await serve(listen);
  await app.inject({
    method: "POST",
    url: "/mcp",
    headers: { host: "evil.example.com", "x-forwarded-for": "203.0.113.9", "x-forwarded-host": "gate.example.com" },
  });
  expect(gateway.asked.refusals).toMatchObject([{ code: "gateway.foreign_host", network: { ip, mtls: false } }]);
});

test("a TLS listener serves its certificate, and a renewed one once both of its files are there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "toolgate-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const write = (pair: { cert: string; key: string }) => {
    writeFileSync(files.cert, pair.cert);
    writeFileSync(files.key, pair.key);
  };
  const [first, second] = [selfSigned("first"), selfSigned("second")];
  write(first);
  const { app, config } = await serve({ port: 0, tls: files });
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const url = `https://127.0.0.1:${port}/.well-known/oauth-protected-resource`;
  const status = (ca: string) =>
    new Promise((resolve) => {
      get(url, { ca, agent: false }, (response) => resolve(response.resume().statusCode)).on("error", () => resolve("refused"));
    });
  expect([await status(first.cert), await status(second.cert)]).toEqual([200, "refused"]);
  const problems: string[] = [];
  const [renewed, broken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const events = {
    renewed: () => renewed.resolve(),
    problem: (detail: string) => {
      problems.push(detail);
      broken.resolve();
    },
  };
  onTestFinished(followCertificate(app, config.listen, events, 5));
  // In the middle of a renewal the two do not fit together.
  writeFileSync(files.cert, second.cert);
  await broken.promise;
  expect([await status(first.cert), await status(second.cert)]).toEqual([200, "refused"]);
  writeFileSync(files.key, second.key);
  await renewed.promise;
  expect([await status(first.cert), await status(second.cert)]).toEqual(["refused", 200]);
  const before = problems.length;
  writeFileSync(files.key, "rubbish");
  await vi.waitFor(() => expect(problems.length).toBeGreaterThan(before));
  expect(await status(second.cert)).toBe(200);
});

test("a certificate that cannot be read stops the start", () => {
  const config = httpConfig.parse({
    public_url: "https://gate.example.com",
    listen: { tls: { cert: "/nowhere/cert.pem", key: "/nowhere/key.pem" } },
  });
  expect(() => createHttpServer(config)).toThrow(/cert\.pem/);
});
