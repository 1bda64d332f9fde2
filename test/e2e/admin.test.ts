import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newKey } from "../parts/identity/key-server.ts";
import { type Gate, house, issuer, signedBundle, startGate, throwAwayKey } from "../support/gate.ts";

// The whole way: HTTP, a signed token, the operator table of the signed bundle, the log on disk.

const shadow = { steps: [{ mode: "shadow" }], why: "try" };
const unknownDigest = `sha256:${"0".repeat(64)}`;
let gate: Gate;
beforeAll(async () => {
  gate = await startGate();
});
afterAll(() => gate?.stop());

const version = async () => Number(String((await gate.admin("GET", "/status")).headers.etag).slice(1, -1));
const operatorRecords = async () => (await gate.records()).filter(({ kind }) => kind === "operator");

describe("a token", () => {
  test("of an operator of the table lets in; the record of an act names who, what and why", async () => {
    expect(await gate.admin("GET", "/whoami")).toMatchObject({
      status: 200,
      body: { id: "operators/olga", roles: ["operator"], tenant: "default" },
    });
    const put = await gate.admin("POST", "/quarantine", { body: { kind: "agent", subject: "other-bot", reason: "odd" } });
    expect(put).toMatchObject({ status: 201, body: { by: "operators/olga", subject: "other-bot" } });
    const [intent, outcome] = (await operatorRecords()).slice(-2);
    expect(intent).toMatchObject({
      phase: "intent",
      act: "quarantine",
      operator: "operators/olga",
      why: "odd",
      durability: "always",
      subject: { kind: "agent", subject: "other-bot" },
    });
    expect(intent?.principal).toEqual({ kind: "user_via_agent", issuer, subject: "olga", client: "toolgate-cli", user: "olga" });
    expect(outcome).toMatchObject({ id: intent?.id, phase: "outcome", effect: "allow", bundle: { sequence: 1 } });
    expect((await gate.admin("DELETE", `/quarantine/${String(put.body.id)}?why=over`)).status).toBe(200);
    expect((await gate.verify()).ok).toBe(true);
  });

  test("that is missing, forged, expired or for another audience does not", async () => {
    const other = await newKey("key-1");
    const bad = {
      "auth.missing": undefined,
      "auth.malformed": "Bearer x.y",
      "auth.bad_signature": await gate.token({ user: "olga", agent: "toolgate-cli", key: other }),
      "auth.expired": await gate.token({ user: "olga", agent: "toolgate-cli", lifetime: -60 }),
      "auth.wrong_audience": await gate.token({ user: "olga", agent: "toolgate-cli", claims: { aud: "https://other.example.com" } }),
      "auth.unknown_issuer": await gate.token({ user: "olga", agent: "toolgate-cli", issuer: "https://evil.example.com" }),
    };
    const before = await version();
    for (const [code, token] of Object.entries(bad)) {
      const told = await gate.admin("POST", "/quarantine", { token, body: { kind: "agent", subject: "desk-bot", reason: "x" } });
      expect(told).toMatchObject({ status: 401, body: { code } });
      expect(String(told.headers["www-authenticate"])).toMatch(/^Bearer /);
    }
    expect(await version()).toBe(before);
  });

  test("that an agent holds for an operator does not make the agent one", async () => {
    const before = await version();
    for (const token of [
      await gate.token({ user: "olga", agent: "desk-bot" }),
      await gate.token({ user: "olga", agent: "desk-bot", claims: { act: { sub: "toolgate-cli" } } }),
      await gate.token({ user: "olga", agent: "toolgate-cli", claims: { act: { sub: "toolgate-cli", act: { sub: "desk-bot" } } } }),
      await gate.token({ user: "olga", agent: "toolgate-cli", claims: { act: { sub: "desk-bot" } } }),
    ]) {
      expect(await gate.admin("POST", "/rollout/promote", { token, body: { why: "x" } })).toMatchObject({
        status: 403,
        body: { code: "operator.unknown" },
      });
    }
    expect(await version()).toBe(before);
  });

  test("of an operator's client is no agent's at the MCP door", async () => {
    const token = await gate.token({ user: "olga", agent: "toolgate-cli" });
    const { status, text } = await gate.call("desk__echo", {}, { token });
    expect([status, JSON.parse(text).error.data.code]).toEqual([401, "agent.unregistered"]);
  });

  test("never reaches the log, nor an answer", async () => {
    const token = await gate.token({ user: "olga", agent: "toolgate-cli", lifetime: -60 });
    const told = await gate.admin("GET", "/status", { token });
    const text = JSON.stringify(await gate.records()) + told.bytes.toString();
    expect(text).not.toContain(token.slice("Bearer ".length));
  });
});

describe("the two listeners", () => {
  test("have nothing of each other", async () => {
    for (const path of ["//mcp", "//servers/desk/mcp", "//metrics", "//readyz", "//healthz", "//.well-known/oauth-protected-resource"]) {
      for (const method of ["GET", "POST"]) {
        expect(await gate.admin(method, path, method === "POST" ? { body: {} } : {})).toMatchObject({ status: 404, body: { status: 404 } });
      }
    }
    const token = await gate.token({ user: "olga", agent: "toolgate-cli" });
    for (const path of ["/admin/v1/status", "/admin/v1/openapi.json", "/admin"]) {
      const { status } = await fetch(`${gate.url}${path}`, { headers: { authorization: token } });
      expect([path, status]).toEqual([path, 404]);
    }
  });

  test("let no foreign name or page in", async () => {
    expect(await gate.admin("GET", "/status", { headers: { host: "evil.example.com" } })).toMatchObject({
      status: 403,
      body: { code: "gateway.foreign_host" },
    });
    expect(await gate.admin("GET", "/status", { headers: { origin: "https://evil.example.com" } })).toMatchObject({ status: 403 });
  });
});

describe("a bundle that an operator brings", () => {
  test("is staged, read back by an auditor byte for byte, and rolled out", async () => {
    const bytes = await signedBundle(house, { sequence: 2 }, gate.key);
    const staged = await gate.admin("POST", "/bundles", { body: bytes });
    expect(staged).toMatchObject({ status: 201, body: { name: "gate", sequence: 2, revision: "r2", signer: "gate" } });
    const digest = String(staged.body.digest);
    expect((await gate.admin("GET", `/bundles/${digest}`, { operator: "adam" })).bytes.equals(bytes)).toBe(true);
    const begun = await gate.admin("POST", "/rollout", { body: { ...shadow, digest } });
    expect(begun).toMatchObject({ status: 200, body: { rollout: { by: "operators/olga", bundle: { digest } } } });
    expect((await gate.admin("GET", "/status", { operator: "vera" })).body).toMatchObject({
      state: { rollout: { bundle: { digest } } },
      operator: { id: "viewers/vera" },
      environment: "test",
    });
    const back = await gate.admin("POST", "/rollout/rollback", { body: { why: "enough" } });
    expect(back).toMatchObject({ status: 200, body: { ended: [{ end: "rolled_back", why: "enough", by: "operators/olga" }] } });
  });

  test("that does not verify is refused in the words of why", async () => {
    const before = await version();
    const stranger = await signedBundle(house, { sequence: 3 }, throwAwayKey("stranger"));
    expect(await gate.admin("POST", "/bundles", { body: stranger })).toMatchObject({
      status: 422,
      body: { code: "bundle.unknown_key", detail: expect.stringContaining("stranger") },
    });
    expect(await gate.admin("POST", "/bundles", { body: Buffer.from("<html>") })).toMatchObject({
      status: 422,
      body: { code: "bundle.unreadable" },
    });
    expect(await gate.admin("POST", "/rollout", { body: { ...shadow, digest: unknownDigest } })).toMatchObject({
      status: 409,
      body: { code: "rollout.no_bundle" },
    });
    expect(await gate.admin("GET", `/bundles/${unknownDigest}`, { operator: "adam" })).toMatchObject({
      status: 404,
      body: { code: "bundle.unknown" },
    });
    expect(await version()).toBe(before);
  });

  test("names nobody as operator before it is promoted: a candidate cannot make its own operators", async () => {
    const mallory = {
      ...house,
      operators: {
        ...house.operators,
        mallory: { roles: ["operator", "auditor"], match: [{ issuer, client_id: "toolgate-cli" }], users: ["mallory"] },
      },
    };
    const staged = await gate.admin("POST", "/bundles", { body: await signedBundle(mallory, { sequence: 4 }, gate.key) });
    const refused = async () => {
      for (const [method, path, body] of [
        ["GET", "/status"],
        ["POST", "/rollout/promote", { why: "mine" }],
        ["GET", `/bundles/${String(staged.body.digest)}`],
      ] as const) {
        expect(await gate.admin(method, path, { operator: "mallory", ...(body && { body }) })).toMatchObject({
          status: 403,
          body: { code: "operator.unknown" },
        });
      }
    };
    await refused();
    for (const steps of [[{ mode: "shadow" }], [{ mode: "canary", percent: 100 }]]) {
      expect((await gate.admin("POST", "/rollout", { body: { ...shadow, steps, digest: staged.body.digest } })).status).toBe(200);
      await refused();
    }
    expect((await gate.admin("POST", "/rollout/promote", { body: { why: "good" } })).status).toBe(200);
    expect(await gate.admin("GET", "/whoami", { operator: "mallory" })).toMatchObject({ status: 200, body: { id: "mallory/mallory" } });
  });
});

describe("two operators at once", () => {
  test("with the same ETag: exactly one wins, and the other is told who changed what", async () => {
    const bytes = await signedBundle(house, { sequence: 5 }, gate.key);
    const { body: staged } = await gate.admin("POST", "/bundles", { body: bytes });
    await gate.admin("POST", "/rollout", { body: { ...shadow, digest: staged.digest } });
    const { etag } = (await gate.admin("GET", "/status")).headers;
    const headers = { "if-match": String(etag) };
    const answers = await Promise.all([
      gate.admin("POST", "/rollout/promote", { body: { why: "good" }, headers }),
      gate.admin("POST", "/rollout/rollback", { operator: "otto", body: { why: "bad" }, headers }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    const [winner, loser] = answers[0]?.status === 200 ? ["operators/olga", answers[1]] : ["operators/otto", answers[0]];
    expect(loser?.body).toMatchObject({ code: "rollout.changed", detail: expect.stringContaining(winner) });
    const { state } = (await gate.admin("GET", "/status")).body;
    expect(state).toMatchObject({ ended: { 0: { by: winner } } });
    expect(state).not.toHaveProperty("rollout");
  });
});

describe("the records of a decision", () => {
  test("are given to an auditor as they stand in the log, and the look is on record", async () => {
    await gate.call("desk__echo", { text: "x" });
    const { id } = (await gate.records()).findLast(({ kind }) => kind === "outcome") ?? { id: "" };
    const told = await gate.admin("GET", `/decisions/${id}`, { operator: "adam" });
    expect(told.status).toBe(200);
    const { logs, away } = JSON.parse(told.bytes.toString()) as { logs: { lines: string[] }[]; away: string[] };
    const lines = logs.flatMap((log) => log.lines);
    expect([lines.map((line) => JSON.parse(line).kind), away]).toEqual([["intent", "outcome"], []]);
    const { logFolder } = gate.started.built.data;
    const [log] = (await gate.verify()).ok ? [gate.started.built.parts.log.head().log] : [];
    const text = await readFile(`${logFolder}/${log}/000001.jsonl`, "utf8");
    for (const line of lines) expect(text).toContain(`${line}\n`);
    expect((await operatorRecords()).at(-1)).toMatchObject({
      act: "read_decision",
      operator: "auditors/adam",
      subject: { decision: id },
      effect: "allow",
    });
    expect((await gate.admin("GET", `/decisions/${id}`)).status).toBe(403);
  });

  test("of an id that does not exist are not there, and of one that is none cannot be asked for", async () => {
    const none = "dec_01990000-0000-7000-8000-000000000000";
    expect(await gate.admin("GET", `/decisions/${none}`, { operator: "adam" })).toMatchObject({
      status: 404,
      body: { code: "decision.unknown" },
    });
    expect((await gate.admin("GET", "/decisions/../status", { operator: "adam" })).status).not.toBe(500);
    expect((await gate.admin("GET", "/decisions/dec_x", { operator: "adam" })).status).toBe(400);
  });
});

describe("a gate whose table names nobody", () => {
  test("has an admin API that nobody can use", async () => {
    const { operators: _, ...plain } = house;
    const other = await startGate({ company: plain });
    try {
      expect(await other.admin("GET", "/status")).toMatchObject({ status: 403, body: { code: "operator.unknown" } });
      expect((await other.admin("GET", "/openapi.json", { token: undefined })).status).toBe(200);
    } finally {
      await other.stop();
    }
  });

  test("has none at all where the configuration does not ask for it", async () => {
    const other = await startGate({ config: { admin: undefined } });
    try {
      expect(other.started.built.adminApp).toBeUndefined();
    } finally {
      await other.stop();
    }
  });
});

describe("an operator's entry", () => {
  test("that ended is nobody from then on", async () => {
    const until = "2020-01-01T00:00:00Z";
    const ended = { ...house.operators?.operators, until };
    const other = await startGate({ company: { ...house, operators: { operators: ended } } });
    try {
      expect(await other.admin("GET", "/status")).toMatchObject({
        status: 403,
        body: { code: "operator.unknown", detail: "ended: operators" },
      });
    } finally {
      await other.stop();
    }
  });

  test("counts for its own tenant's issuer only", async () => {
    const tenants = { issuer: { tenant: "other" } };
    const other = await startGate(tenants);
    try {
      expect(await other.admin("GET", "/status")).toMatchObject({ status: 403, body: { code: "operator.unknown" } });
    } finally {
      await other.stop();
    }
  });
});
