import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Catalog, glob, readCatalog } from "../../../src/parts/catalog/index.ts";
import { agent, bundleData, now, token } from "./sample-data.ts";

function catalogOf(agents: Record<string, Record<string, unknown>>): Catalog {
  const data = bundleData();
  data.catalog.agents = agents;
  const catalog = readCatalog(data);
  if (!catalog.ok) throw new Error(JSON.stringify(catalog.error));
  return catalog.value;
}

const issuer = "https://id";

describe("the agent of a token", () => {
  it("is found by issuer and client id", () => {
    const catalog = catalogOf({ "support-bot": agent({ roles: ["support", "reports"], team: "desk" }) });
    expect(catalog.agentFor(token(), now)).toEqual({
      ok: true,
      value: {
        id: "support-bot",
        name: "Support bot",
        owner: "ann",
        team: "desk",
        environment: "demo",
        status: "active",
        modes: ["user_via_agent"],
        roles: [{ role: "support" }, { role: "reports" }],
        rolesAlone: [],
      },
    });
  });

  it("is unregistered under another issuer or another name", () => {
    const catalog = catalogOf({ "support-bot": agent() });
    for (const other of [token({ issuer: "https://evil" }), token({ agent: "other" }), token({ agent: "" })]) {
      expect(catalog.agentFor(other, now)).toEqual({ ok: false, error: { code: "agent.unregistered" } });
    }
  });

  it("is found by a pattern on its subject", () => {
    const catalog = catalogOf({ ci: agent({ modes: ["workload"], match: [{ issuer, subject_pattern: "spiffe://corp/ns/*/sa/ci" }] }) });
    const workload = (name: string) => catalog.agentFor(token({ kind: "workload", agent: name }), now);
    expect(workload("spiffe://corp/ns/build/sa/ci")).toMatchObject({ ok: true, value: { id: "ci" } });
    expect(workload("spiffe://corp/ns/build/sa/ci2")).toMatchObject({ ok: false, error: { code: "agent.unregistered" } });
  });

  it("is ambiguous if two entries match, by name, by pattern or by both", () => {
    const exact = { match: [{ issuer, client_id: "x-1" }] };
    const pattern = { match: [{ issuer, subject_pattern: "x-*" }] };
    for (const [a, b] of [
      [exact, { match: [{ issuer, subject: "x-1" }] }],
      [exact, pattern],
      [pattern, { match: [{ issuer, subject_pattern: "*-1" }] }],
    ]) {
      const catalog = catalogOf({ b: agent(b), a: agent(a) });
      expect(catalog.agentFor(token({ agent: "x-1" }), now)).toEqual({ ok: false, error: { code: "agent.ambiguous", agents: ["a", "b"] } });
    }
  });

  it("is not ambiguous with itself", () => {
    const match = [
      { issuer, client_id: "x-1" },
      { issuer, subject: "x-1" },
      { issuer, subject_pattern: "x-*" },
    ];
    expect(catalogOf({ a: agent({ match }) }).agentFor(token({ agent: "x-1" }), now)).toMatchObject({ ok: true, value: { id: "a" } });
  });

  it("is refused when suspended, expired or in a mode it does not have", () => {
    const refusal = (extra: Record<string, unknown>, at = now) => catalogOf({ a: agent({ ...extra }) }).agentFor(token(), at);
    expect(refusal({ status: "suspended" })).toEqual({ ok: false, error: { code: "agent.inactive", agent: "a" } });
    expect(refusal({ modes: ["agent"] })).toEqual({
      ok: false,
      error: { code: "agent.mode_not_allowed", agent: "a", mode: "user_via_agent" },
    });
    const expires = "2026-06-01T14:00:00+02:00";
    expect(refusal({ expires })).toEqual({ ok: false, error: { code: "agent.expired", agent: "a" } });
    expect(refusal({ expires }, now - 1)).toMatchObject({ ok: true, value: { expiresAt: now } });
  });

  it("cannot be everybody: a pattern of stars alone is refused", () => {
    const data = bundleData();
    data.catalog.agents = { a: agent({ match: [{ issuer, subject_pattern: "**" }] }) };
    expect(readCatalog(data)).toMatchObject({ ok: false, error: [{ path: "catalog.agents.a.match[0].subject_pattern" }] });
  });
});

describe("a pattern with stars", () => {
  it("agrees with the regular expression that says the same", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 10 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, word, (stars, text) => {
        const expression = new RegExp(`^${stars.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
        expect(glob(stars)(text)).toBe(expression.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("ends on a text that would make a backtracking matcher hang", () => {
    expect(glob(`${"*a".repeat(40)}*b`)("a".repeat(20_000))).toBe(false);
  });
});
