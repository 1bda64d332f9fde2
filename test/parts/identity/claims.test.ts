import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { principalOf } from "../../../src/parts/identity/claims.ts";
import { identityConfig } from "../../../src/parts/identity/index.ts";

const NOW = 1_700_000_000_000;
const base = { iss: "https://login.example.com", aud: "gate", exp: NOW / 1000 + 300, sub: "ann" };

function read(claims: Readonly<Record<string, unknown>>, issuer: Readonly<Record<string, unknown>> = {}) {
  const config = identityConfig.parse({ issuers: [{ issuer: base.iss, audience: "gate", ...issuer }] });
  return principalOf({ ...base, ...claims }, config.issuers[0]!, NOW);
}
const refused = (code: string) => ({ ok: false, error: { code } });

describe("who acts", () => {
  test("a subject that is not the client is a user, and the client its agent", () => {
    expect(read({ client_id: "bot" })).toMatchObject({
      ok: true,
      value: { kind: "user_via_agent", agent: "bot", user: { id: "ann" }, clientId: "bot" },
    });
    expect(read({ azp: "bot" })).toMatchObject({ ok: true, value: { kind: "user_via_agent", agent: "bot" } });
    expect(read({ client_id: "first", azp: "second" })).toMatchObject({ ok: true, value: { agent: "first" } });
  });

  test("a subject that is the client is an agent alone", () => {
    const answer = read({ sub: "bot", client_id: "bot", groups: ["support"] });
    expect(answer).toMatchObject({ ok: true, value: { kind: "agent", agent: "bot", subject: "bot", delegation: [{ subject: "bot" }] } });
    expect(answer.ok && "user" in answer.value).toBe(false);
  });

  test("an actor is the agent, whatever client the token was issued to, and the chain is kept", () => {
    const act = { sub: "inner", iss: "https://a.example.com", act: { sub: "outer" } };
    expect(read({ client_id: "broker", act })).toMatchObject({
      ok: true,
      value: {
        kind: "user_via_agent",
        agent: "inner",
        clientId: "broker",
        user: { id: "ann" },
        delegation: [{ subject: "inner", issuer: "https://a.example.com" }, { subject: "outer" }],
      },
    });
  });

  test("a token with an actor is never an agent alone, even if its subject is the client", () => {
    expect(read({ sub: "bot", client_id: "bot", act: { sub: "other" } })).toMatchObject({
      ok: true,
      value: { kind: "user_via_agent", agent: "other" },
    });
  });

  test("an issuer whose client credentials tokens are marked says so in its entry", () => {
    const marked = { agent_alone: { claim: "gty", value: "client-credentials" } };
    expect(read({ sub: "bot@clients", azp: "bot", gty: "client-credentials" }, marked)).toMatchObject({
      ok: true,
      value: { kind: "agent", agent: "bot" },
    });
    expect(read({ sub: "bot", azp: "bot", gty: "password" }, marked)).toMatchObject({ ok: true, value: { kind: "user_via_agent" } });
  });

  test("a workload is named by its subject and has no user", () => {
    const answer = read({ sub: "system:serviceaccount:a:b", client_id: "x" }, { workload: true });
    expect(answer).toMatchObject({ ok: true, value: { kind: "workload", agent: "system:serviceaccount:a:b" } });
    expect(answer.ok && "user" in answer.value).toBe(false);
    expect(read({ act: { sub: "bot" } }, { workload: true })).toMatchObject(refused("auth.unmapped_agent"));
    expect(read({ sub: undefined }, { workload: true })).toMatchObject(refused("auth.unmapped_agent"));
  });

  test.each([
    ["no client and no actor", {}],
    ["a client that is not a name", { client_id: 7, azp: "" }],
    ["an actor that is a string", { client_id: "bot", act: "bot" }],
    ["an actor that is null", { client_id: "bot", act: null }],
    ["an actor without a subject", { client_id: "bot", act: { client_id: "x" } }],
    ["a chain that breaks off", { client_id: "bot", act: { sub: "a", act: { sub: "" } } }],
  ])("%s is no agent", (_, claims) => {
    expect(read(claims)).toMatchObject(refused("auth.unmapped_agent"));
  });

  test("a chain of more than sixteen actors is refused, not cut", () => {
    const chain = (length: number): unknown =>
      length === 0 ? undefined : { sub: `a${length}`, ...(length > 1 && { act: chain(length - 1) }) };
    expect(read({ act: chain(16) })).toMatchObject({ ok: true });
    expect(read({ act: chain(17) })).toMatchObject(refused("auth.unmapped_agent"));
  });
});

describe("who the user is", () => {
  test.each([
    ["missing", undefined],
    ["empty", ""],
    ["a number", 7],
    ["too long", "x".repeat(1_025)],
  ])("a user claim that is %s is refused, never an agent alone", (_, sub) => {
    expect(read({ sub, client_id: "bot" })).toMatchObject(refused("auth.unmapped_user"));
  });

  test("claims are found by their whole name first and then by path", () => {
    const claims = {
      client_id: "bot",
      "https://example.com/groups": ["a"],
      realm: { roles: ["b"] },
      "realm.roles": ["c"],
      login: { name: "ann@corp" },
    };
    const groupsBy = (groups: string) => read(claims, { claims: { groups, user: "login.name" } });
    expect(groupsBy("https://example.com/groups")).toMatchObject({
      ok: true,
      value: { user: { id: "ann@corp", groups: ["a"] }, subject: "ann" },
    });
    expect(groupsBy("realm.roles")).toMatchObject({ ok: true, value: { user: { groups: ["c"] } } });
    expect(read({ ...claims, "realm.roles": undefined }, { claims: { groups: "toString" } })).toMatchObject({
      ok: true,
      value: { user: { groups: [] } },
    });
  });

  test.each([
    ["are not strings", { groups: ["a", 7] }],
    ["are an object", { groups: { a: true } }],
    ["are too many for the token", { _claim_names: { groups: "src1" }, _claim_sources: {} }],
  ])("groups that %s are refused, because a rule against a group must not miss its members", (_, claims) => {
    expect(read({ client_id: "bot", ...claims })).toMatchObject(refused("auth.unmapped_user"));
  });

  test("one group may stand alone, and no groups are none", () => {
    expect(read({ client_id: "bot", groups: "support" })).toMatchObject({ ok: true, value: { user: { groups: ["support"] } } });
    expect(read({ client_id: "bot" })).toMatchObject({ ok: true, value: { user: { groups: [] } } });
  });

  test("an address that is not verified is left out", () => {
    const answer = read({ client_id: "bot", email: "ann@example.com", email_verified: false });
    expect(answer.ok && answer.value.user && "email" in answer.value.user).toBe(false);
  });

  test("how the user signed in is kept, in milliseconds", () => {
    expect(read({ client_id: "bot", acr: "gold", amr: ["otp"], auth_time: 1_600_000_000 })).toMatchObject({
      ok: true,
      value: { user: { auth: { acr: "gold", amr: ["otp"], time: 1_600_000_000_000 } } },
    });
  });
});

test("scopes are read from either form", () => {
  expect(read({ client_id: "b", scope: "a  b" })).toMatchObject({ ok: true, value: { scopes: ["a", "b"] } });
  expect(read({ client_id: "b", scp: ["a", 7, "b"] })).toMatchObject({ ok: true, value: { scopes: ["a", "b"] } });
  expect(read({ client_id: "b" })).toMatchObject({ ok: true, value: { scopes: [] } });
});

test.each([
  ["no expiry", { exp: undefined }, "auth.malformed"],
  ["an expiry that is text", { exp: "1700000300" }, "auth.malformed"],
  ["an expiry beyond time", { exp: 1e300 }, "auth.malformed"],
  ["a start that is text", { nbf: "0" }, "auth.malformed"],
  ["an issue time that is null", { iat: null }, "auth.malformed"],
  ["an expiry of now", { exp: NOW / 1000 }, "auth.expired"],
  ["no audience", { aud: undefined }, "auth.wrong_audience"],
  ["an audience that is an object", { aud: { gate: true } }, "auth.wrong_audience"],
])("%s is refused", (_, claims, code) => {
  expect(read({ client_id: "bot", ...claims })).toMatchObject(refused(code));
});

test("whatever claims say, the answer is a principal without gaps or a refusal without their values", () => {
  const names = fc.constantFrom(
    "sub",
    "client_id",
    "azp",
    "act",
    "groups",
    "email",
    "scope",
    "scp",
    "amr",
    "acr",
    "auth_time",
    "_claim_names",
    "__proto__",
    "nbf",
    "iat",
  );
  fc.assert(
    fc.property(fc.dictionary(names, fc.oneof(fc.jsonValue(), fc.constant("secret-name"))), fc.boolean(), (claims, workload) => {
      const answer = read(claims, { workload });
      if (!answer.ok) {
        expect(JSON.stringify(answer)).not.toContain("secret-name");
        return;
      }
      const { kind, user, agent, delegation, subject } = answer.value;
      expect(user !== undefined).toBe(kind === "user_via_agent");
      expect([agent, subject, delegation[0]?.subject].every((name) => typeof name === "string" && name !== "")).toBe(true);
      expect(delegation[0]?.subject).toBe(agent);
    }),
  );
});
