import { expect, onTestFinished, test } from "vitest";
import { createHttpServer, httpConfig, metricsDoor, opsDoor } from "../../src/http/index.ts";
import { fakeGateway } from "../support/fake-gateway.ts";

const metrics = { contentType: "text/plain; version=0.0.4; charset=utf-8", metrics: async () => "calls_total 3\n" };

async function opsUnderTest(more: object = {}) {
  const config = httpConfig.parse({ public_url: "https://gate.example.com", ...more });
  const gateway = fakeGateway();
  const app = createHttpServer(config);
  await app.register(opsDoor, { gateway, config, metrics });
  onTestFinished(() => app.close());
  return { gateway, get: (url: string, headers: Record<string, string> = { host: "10.1.2.3:8080" }) => app.inject({ url, headers }) };
}

test("health is told to whoever asks", async () => {
  const { get } = await opsUnderTest();
  expect((await get("/healthz")).json()).toEqual({ status: "ok" });
});

test("readiness names each part, with 503 until all are ready", async () => {
  const { gateway, get } = await opsUnderTest();
  const ready = await get("/readyz");
  expect([ready.statusCode, ready.json()]).toEqual([200, { status: "ready", parts: { bundle: { ok: true, detail: "demo 7" } } }]);
  gateway.ready = false;
  const not = await get("/readyz");
  expect([not.statusCode, not.json().status]).toEqual([503, "not ready"]);
});

test("metrics come in the registry's own form", async () => {
  const { get } = await opsUnderTest();
  const answer = await get("/metrics");
  expect([answer.statusCode, answer.headers["content-type"], answer.body]).toEqual([200, metrics.contentType, "calls_total 3\n"]);
});

test("metrics move to a listener of their own", async () => {
  const { get } = await opsUnderTest({ metrics: { port: 0 } });
  expect((await get("/metrics")).statusCode).toBe(404);
  const own = createHttpServer(httpConfig.parse({ public_url: "https://gate.example.com" }));
  await own.register(metricsDoor, { metrics });
  onTestFinished(() => own.close());
  expect((await own.inject({ url: "/metrics" })).body).toBe("calls_total 3\n");
});

test("a rebound name reads nothing", async () => {
  const { get } = await opsUnderTest();
  for (const url of ["/healthz", "/readyz", "/metrics"]) {
    expect((await get(url, { host: "gate.example.com" })).statusCode).toBe(200);
    expect((await get(url, { host: "evil.example.com" })).statusCode).toBe(403);
    expect((await get(url, { host: "10.1.2.3", origin: "http://evil.example.com" })).statusCode).toBe(403);
  }
});
