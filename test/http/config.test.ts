import { expect, test } from "vitest";
import { httpConfig } from "../../src/http/index.ts";

const good = { public_url: "https://gate.example.com" };

function mistakes(value: unknown): string[] {
  const parsed = httpConfig.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join("."));
}

test("the defaults listen on loopback only", () => {
  expect(httpConfig.parse(good)).toEqual({
    public_url: "https://gate.example.com",
    listen: { host: "127.0.0.1", port: 8080 },
    limits: { body_bytes: 4_194_304, streams_per_caller: 16, replay_bytes_per_caller: 4_194_304, watched_per_caller: 256 },
    lists: { page_size: 200, ttl_ms: 5000 },
    questions: { answer_s: 600 },
    keep_alive: { idle_ms: 72_000, comment_ms: 15_000 },
  });
});

test("a listener beyond loopback needs TLS or trusted proxies", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) expect(mistakes({ ...good, listen: { host } })).toEqual([]);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "gate.example.com", "::ffff:10.0.0.1"]) {
    expect(mistakes({ ...good, listen: { host } })).toEqual(["listen.host"]);
    expect(mistakes({ ...good, listen: { host, tls: { cert: "a.pem", key: "b.pem" } } })).toEqual([]);
    expect(mistakes({ ...good, listen: { host, trusted_proxies: ["10.0.0.0/8", "fd00::/8", "192.0.2.1"] } })).toEqual([]);
  }
});

test.each([
  ["a proxy network that is everything", { listen: { host: "0.0.0.0", trusted_proxies: ["0.0.0.0/0"] } }, "listen.trusted_proxies.0"],
  ["a proxy network that is none", { listen: { trusted_proxies: ["proxy.example.com"] } }, "listen.trusted_proxies.0"],
  ["a public URL with a path", { public_url: "https://gate.example.com/mcp" }, "public_url"],
  ["a public URL in clear", { public_url: "http://gate.example.com" }, "public_url"],
  ["a host with a port", { allowed_hosts: ["gate.example.com:443"] }, "allowed_hosts.0"],
  ["an origin with a path", { allowed_origins: ["https://app.example.com/"] }, "allowed_origins.0"],
  ["metrics in the open", { metrics: { host: "0.0.0.0", port: 9090 } }, "metrics.host"],
  ["an unknown key", { listen: { prot: 1 } }, "listen"],
  ["a port out of range", { listen: { port: 70_000 } }, "listen.port"],
])("%s is a mistake", (_what, value, path) => {
  expect(mistakes({ ...good })).toEqual([]);
  expect(mistakes({ ...good, ...value })).toEqual([path]);
});

test("a public URL of loopback may be in clear", () => {
  expect(mistakes({ public_url: "http://127.0.0.1:8080" })).toEqual([]);
  expect(mistakes({ public_url: "http://localhost:8080" })).toEqual([]);
});
