import { describe, expect, it } from "vitest";
import { noOperations } from "../../../src/core/operations.ts";
import { ok } from "../../../src/core/result.ts";
import { type AdminRoute, adminApi, problemSchema } from "../../../src/http/index.ts";
import { bearerOf } from "../../gateway/desk/small-desk.ts";
import { BUNDLE_BYTES, type SmallDoor, smallDoor, type Told } from "./small-door.ts";

const digest = `sha256:${"a".repeat(64)}`;
const decision = "dec_01990000-0000-7000-8000-000000000000";
const quarantined = "qua_01990000-0000-7000-8000-000000000000";
const steps = [{ mode: "canary", percent: 5, forMs: 60_000 }, { mode: "shadow" }];
const wanted = { steps, rollbackIf: [{ measure: "new_deny", above: 3, unit: "calls" }], minCalls: 10, why: "try" };
const bot = { kind: "agent", subject: "support-bot", reason: "odd" };

/** A request of each route that makes sense. */
const requests: Readonly<Record<string, { readonly path?: string; readonly body?: object }>> = {
  readBundle: { path: `/admin/v1/bundles/${digest}` },
  stageBundle: { body: new Uint8Array(10) },
  startRollout: { body: wanted },
  promote: { body: { why: "good" } },
  rollBack: { body: { why: "bad" } },
  quarantine: { body: bot },
  liftQuarantine: { path: `/admin/v1/quarantine/${quarantined}?why=over` },
  readDecision: { path: `/admin/v1/decisions/${decision}` },
};
const routes = Object.entries<AdminRoute>(adminApi).filter(([, { role }]) => role !== "nobody");

function ask(door: SmallDoor, name: string, route: AdminRoute, options: Parameters<SmallDoor["ask"]>[2]): Promise<Told> {
  const { path = route.path, body } = requests[name] ?? {};
  return door.ask(route.method, path, { ...(body === undefined ? {} : { body }), ...options });
}

const includesViewer = ["operator", "auditor"];
const users = { viewer: "vera", operator: "olga", approver: "paul", auditor: "adam" } as const;
const may = (role: string, wanted: AdminRoute["role"]) =>
  wanted === "any" || role === wanted || (wanted === "viewer" && includesViewer.includes(role));
const byRole = routes.flatMap(([name, route]) => Object.entries(users).map(([role, user]) => [name, role, user, route] as const));

describe("each route", () => {
  it.each(byRole.filter(([, role, , route]) => !may(role, route.role)))("%s refuses the %s with 403", async (name, _, user, route) => {
    const door = await smallDoor();
    const told = await ask(door, name, route, { as: user });
    expect(told).toMatchObject({
      status: 403,
      body: { code: "operator.role_missing", status: 403, decision_id: expect.stringMatching(/^dec_/) },
    });
    expect(door.asked).toEqual([]);
    expect(door.parts.operations.current().version).toBe(0);
  });

  it.each(byRole.filter(([, role, , route]) => may(role, route.role)))("%s lets the %s in", async (name, _, user, route) => {
    const door = await smallDoor();
    door.bundles.set(`sha256:${"a".repeat(64)}`, new Uint8Array([1, 2, 3]));
    await door.parts.log.append(`{"kind":"list","id":"${decision}"}`, "grouped");
    await door.parts.operations.update((state) =>
      ok({ ...state, quarantine: [{ ...bot, kind: "agent" as const, id: quarantined, by: "b", at: 0 }] }),
    );
    door.parts.operations.current();
    const told = await ask(door, name, route, { as: user });
    // The log of this desk is in memory, so its folder has no records.
    expect(told.status).toBe(name === "readDecision" ? 404 : route.status);
    expect(told.headers["cache-control"]).toBe("no-store");
    if (told.status !== 404 && typeof route.answer === "object") expect(route.answer.parse(told.body)).toEqual(told.body);
  });

  it.each(routes)("%s wants a token, and says so with a challenge", async (name, route) => {
    const door = await smallDoor();
    const bare = await ask(door, name, route, {});
    expect(bare).toMatchObject({ status: 401, body: { code: "auth.bad_signature" } });
    expect(bare.headers["www-authenticate"]).toBe(
      'Bearer resource_metadata="https://gate.example.com/.well-known/oauth-protected-resource"',
    );
    const bad = await ask(door, name, route, { headers: { authorization: "Bearer nonsense" } });
    expect(bad.headers["www-authenticate"]).toContain('error="invalid_token"');
    expect(JSON.stringify(bad.body)).not.toContain("nonsense");
    expect(door.asked).toEqual([]);
  });

  it.each(routes.filter(([, { problems }]) => problems.includes(415)))("%s reads one content type only", async (name, route) => {
    const door = await smallDoor();
    for (const type of ["text/plain", route.body === "bundle" ? "application/json" : "application/gzip"]) {
      expect(await ask(door, name, route, { as: "olga", headers: { "content-type": type } })).toMatchObject({ status: 415 });
    }
    expect(door.asked).toEqual([]);
  });

  it.each([...new Set(Object.values<AdminRoute>(adminApi).map(({ path }) => path))])("%s takes no other verbs", async (path) => {
    const door = await smallDoor();
    const own = Object.values<AdminRoute>(adminApi)
      .filter((route) => route.path === path)
      .map(({ method }) => method);
    const told = await door.ask("PATCH", path, { as: "olga", body: {} });
    expect(told).toMatchObject({ status: 405, headers: { allow: own.join(", ") }, body: { code: "gateway.unsupported_method" } });
  });
});

describe("the admin door", () => {
  it("tells who somebody is", async () => {
    const door = await smallDoor();
    const { body } = await door.ask("GET", "/admin/v1/whoami", { as: "olga" });
    expect(body).toEqual({ id: "operators/olga", roles: ["operator"], tenant: "default" });
  });

  it("answers one of nobody in the table 403, not 401: another token would not help", async () => {
    const door = await smallDoor();
    const told = await door.ask("GET", "/admin/v1/status", { as: bearerOf("nora") });
    expect(told).toMatchObject({ status: 403, body: { code: "operator.unknown" } });
    expect(told.headers).not.toHaveProperty("www-authenticate");
  });

  it("tells all mistakes of a request at once, each with its path", async () => {
    const door = await smallDoor();
    const body = {
      steps: [{ mode: "canray", percent: 0 }],
      minCalls: -1,
      rollbackIf: [{ measure: "same", above: 1, unit: "calls" }],
      whyy: "x",
    };
    const told = await door.ask("POST", "/admin/v1/rollout", { as: "olga", body });
    const paths = (told.body.mistakes as { path: string; wanted: string }[]).map(({ path }) => path).sort();
    expect(told).toMatchObject({ status: 400, body: { code: "gateway.invalid_request" } });
    expect(paths).toEqual(["minCalls", "rollbackIf[0].measure", "steps[0].mode", "steps[0].percent", "why", "whyy"]);
    const lift = await door.ask("DELETE", "/admin/v1/quarantine/nonsense?wy=x", { as: "olga" });
    expect((lift.body.mistakes as { path: string }[]).map(({ path }) => path).sort()).toEqual(["id", "why", "wy"]);
    expect(door.asked).toEqual([]);
  });

  it.each([
    ["no JSON", "{"],
    ["a duplicate key", '{"why":"a","why":"b"}'],
    ["a key that differs only in case", '{"why":"a","Why":"b"}'],
    ["__proto__", '{"why":"a","__proto__":{"role":"operator"}}'],
    ["two lines", '{"why":"a\\nb"}'],
    ["a list", "[]"],
    ["nothing", ""],
    ["half a surrogate pair", '{"why":"\\ud800"}'],
    ["no text", '{"why":1}'],
    ["too much nesting", `{"why":${"[".repeat(100)}${"]".repeat(100)}}`],
  ])("refuses a body that is %s", async (_, body) => {
    const door = await smallDoor();
    expect(await door.ask("POST", "/admin/v1/rollout/promote", { as: "olga", body })).toMatchObject({
      status: 400,
      body: { code: "gateway.invalid_request" },
    });
    expect(door.asked).toEqual([]);
  });

  it("takes a bundle up to its limit, and other bodies up to a mebibyte", async () => {
    const door = await smallDoor();
    expect((await door.ask("POST", "/admin/v1/bundles", { as: "olga", body: new Uint8Array(BUNDLE_BYTES) })).status).toBe(201);
    expect(await door.ask("POST", "/admin/v1/bundles", { as: "olga", body: new Uint8Array(BUNDLE_BYTES + 1) })).toMatchObject({
      status: 413,
      body: { detail: `the body is larger than ${BUNDLE_BYTES} bytes` },
    });
    const long = JSON.stringify({ why: "x".repeat(2 ** 20) });
    expect(await door.ask("POST", "/admin/v1/rollout/promote", { as: "olga", body: long })).toMatchObject({ status: 413 });
    expect(door.asked).toEqual(["stage"]);
  });

  it("reads no body of somebody whose token is not taken", async () => {
    const door = await smallDoor();
    expect((await door.ask("POST", "/admin/v1/bundles", { body: new Uint8Array(BUNDLE_BYTES + 1) })).status).toBe(401);
  });

  it("has the version of the state as ETag, and passes If-Match on", async () => {
    const door = await smallDoor();
    expect((await door.ask("GET", "/admin/v1/status", { as: "vera" })).headers.etag).toBe('"0"');
    expect((await ask(door, "promote", adminApi.promote, { as: "olga", headers: { "if-match": '"7"' } })).headers.etag).toBe('"7"');
    const seen: unknown[] = [];
    door.parts.rollouts.start = async (_wanted, _by, ifVersion) => {
      seen.push(ifVersion);
      return ok({ ...noOperations, version: 8 });
    };
    for (const condition of ['"7"', "*", undefined]) {
      await ask(door, "startRollout", adminApi.startRollout, {
        as: "olga",
        headers: condition === undefined ? {} : { "if-match": condition },
      });
    }
    expect(seen).toEqual([7, undefined, undefined]);
    for (const odd of ["7", 'W/"7"', '"x"', '"7", "8"']) {
      expect((await ask(door, "promote", adminApi.promote, { as: "olga", headers: { "if-match": odd } })).status).toBe(400);
    }
  });

  it("answers somebody who came too late 412, with who changed what", async () => {
    const door = await smallDoor();
    door.answer({ ok: false, error: { code: "rollout.changed", detail: "operators/otto promoted r2" } });
    const told = await ask(door, "promote", adminApi.promote, { as: "olga", headers: { "if-match": '"3"' } });
    expect(told).toMatchObject({ status: 412, body: { code: "rollout.changed", detail: "operators/otto promoted r2" } });
    expect((await ask(door, "promote", adminApi.promote, { as: "olga" })).status).toBe(409);
  });

  it("passes on why a bundle was refused", async () => {
    const door = await smallDoor();
    door.answer({ ok: false, error: { code: "bundle.bad_signature", detail: "the signature of key k does not verify" } });
    const told = await ask(door, "stageBundle", adminApi.stageBundle, { as: "olga" });
    expect(told).toMatchObject({
      status: 422,
      body: { code: "bundle.bad_signature", detail: "the signature of key k does not verify", title: "The bundle was not taken." },
    });
  });

  it("says 503 and when to come back where an act cannot be recorded", async () => {
    const door = await smallDoor();
    door.refuseRecords("disk full");
    const told = await ask(door, "promote", adminApi.promote, { as: "olga" });
    expect(told).toMatchObject({ status: 503, headers: { "retry-after": "5" }, body: { code: "gateway.log_unavailable" } });
    expect(door.asked).toEqual([]);
  });

  it("gives the bytes of a bundle as they are", async () => {
    const door = await smallDoor();
    door.bundles.set(`sha256:${"a".repeat(64)}`, new Uint8Array([31, 139, 0]));
    const told = await ask(door, "readBundle", adminApi.readBundle, { as: "adam" });
    expect([...told.bytes]).toEqual([31, 139, 0]);
    expect(told.headers["content-type"]).toBe("application/vnd.openpolicyagent.bundles");
    expect(await door.ask("GET", `/admin/v1/bundles/sha256:${"b".repeat(64)}`, { as: "adam" })).toMatchObject({
      status: 404,
      body: { code: "bundle.unknown" },
    });
  });

  it("tells nothing of a defect but that there is one", async () => {
    const door = await smallDoor();
    door.parts.rollouts.promote = async () => {
      throw new Error("secret detail");
    };
    const told = await ask(door, "promote", adminApi.promote, { as: "olga" });
    expect(told).toMatchObject({ status: 500, body: { code: "gateway.error" } });
    expect(told.bytes.toString()).not.toContain("secret");
    expect(door.logged).toMatchObject([{ error: expect.stringContaining("secret detail") }]);
  });

  it.each([
    ["a rebound name", { host: "evil.example.com" }],
    ["a foreign page", { host: "localhost:8081", origin: "https://evil.example.com" }],
  ])("lets in neither %s, and needs no token to say so", async (_, headers) => {
    const door = await smallDoor();
    for (const path of ["/admin/v1/whoami", "/admin/v1/openapi.json", "/nowhere"]) {
      expect(await door.ask("GET", path, { as: "olga", headers })).toMatchObject({ status: 403, body: { code: "gateway.foreign_host" } });
    }
  });

  it.each([
    "/",
    "/admin",
    "/admin/v2/status",
    "/mcp",
    "/admin/v1/status/",
    "/admin/v1/decisions",
    "/admin/v1/%zz",
    `/admin/v1/bundles/${"x".repeat(500)}`,
  ])("answers %s, which it does not have, with a problem", async (path) => {
    const door = await smallDoor();
    const told = await door.ask("GET", path, { as: "olga" });
    expect([404, 400]).toContain(told.status);
    expect(told.headers["content-type"]).toBe("application/problem+json");
    expect(problemSchema.parse(told.body)).toEqual(told.body);
  });

  it("has no answer for other origins and sets no cookie", async () => {
    const door = await smallDoor();
    const told = await door.ask("OPTIONS", "/admin/v1/status", {
      headers: { origin: "https://gate.example.com", "access-control-request-method": "GET" },
    });
    expect(Object.keys(told.headers).filter((name) => name.startsWith("access-control") || name === "set-cookie")).toEqual([]);
    expect(told.status).toBe(404);
  });

  it("gives a request its id back, and one of its own where that is none", async () => {
    const door = await smallDoor();
    const idOf = async (sent: string) =>
      (await door.ask("GET", "/admin/v1/whoami", { as: "vera", headers: { "x-request-id": sent } })).headers["x-request-id"];
    expect(await idOf("ci-run:7")).toBe("ci-run:7");
    expect(await idOf("a b\tc")).toMatch(/^[0-9a-f-]{36}$/);
  });
});
