import { describe, expect, test } from "vitest";
import { callers, only, written } from "./written-cases.ts";

const file = (text: string, head = ""): string => `${head}${callers}cases:\n  - name: one\n${text.replace(/^/gm, "    ")}\n`;

describe("a short case becomes the input that a gateway writes", () => {
  test("of a call, with the facts of the catalog, the roles of the groups and the pinned digest", async () => {
    const { entrypoint, asked, want } = await only(
      file("as: ann\ncall: crm.refund\nargs: { ticket: T-1, customer: C-1, amount: 40 }\nwant: allow"),
    );
    expect(entrypoint).toBe("decide");
    expect(asked).toMatchObject({
      phase: "call",
      method: "tools/call",
      environment: "demo",
      tenant: "default",
      principal: { kind: "user_via_agent" },
      agent: { id: "support-bot", roles: expect.arrayContaining(["support", "refund-desk"]) },
      user: { id: "ann", groups: ["support"], roles: ["support"] },
      server: { id: "crm" },
      tool: { id: "crm.refund", pinned: true, effects: ["write", "pay"], digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      args: { amount: 40 },
      args_digest: expect.stringMatching(/^sha256:/),
      limits: { truncated: [], omitted: [] },
    });
    expect(want).toEqual({ effect: "allow", known: true, reasons: [] });
  });

  test("of a call without arguments, which are absent and not empty", async () => {
    const { asked } = await only(file("as: bob\ncall: crm.export_customers\nwant: allow"));
    expect(Object.keys(asked)).not.toContain("args");
  });

  test("of a read, a prompt, a list and a connection", async () => {
    const read = await only(file('as: bob\nread: "demo://resource/static/document/features.md"\nwant: allow'));
    expect(read.asked).toMatchObject({ method: "resources/read", resource: { scheme: "demo", pinned: true } });
    const prompt = await only(file("as: bob\nprompt: everything.simple-prompt\ndrifted: true\nwant: closed"));
    expect(prompt.asked).toMatchObject({ method: "prompts/get", prompt: { name: "simple-prompt", pinned: false } });
    expect(prompt.want).toEqual({ effect: "deny", known: true });
    const list = await only(file("as: ann\nlist: [crm.get_customer, crm.refund]\nwant: { visible: [crm.refund] }"));
    expect([list.entrypoint, list.asked.method, list.want]).toEqual(["discover", "tools/list", { visible: [1] }]);
    const door = await only(file("as: ann\nconnect: crm\nwant: { reasons: [a.b] }"));
    expect([door.entrypoint, door.asked.server, door.want]).toEqual(["admit", { id: "crm" }, { reasons: [{ code: "a.b" }] }]);
    expect((await only(file("as: ann\nconnect: true\nwant: allow"))).want).toEqual({ reasons: [] });
  });

  test("of a list of every tool, and of URIs and templates", async () => {
    const all = await only(file("as: ann\nlist: all\nwant: none"));
    expect((all.asked.items as unknown[]).length).toBeGreaterThan(5);
    const uris = await only(
      file('as: ann\nlist: ["demo://resource/dynamic/text/{resourceId}", "demo://resource/static/document/features.md"]\nwant: none'),
    );
    expect(uris.asked.method).toBe("resources/list");
  });

  test("of a result, with its bytes counted, and of a record", async () => {
    const result = await only(
      file(
        "as: ann\ncall: crm.get_customer\nargs: { id: C-1 }\nresult: { structured: { a: é }, findings: { secrets: 2 } }\nwant: { redactions: [/customer/iban] }",
      ),
    );
    expect(result.entrypoint).toBe("inspect");
    expect(result.asked).toMatchObject({
      phase: "result",
      result: { bytes: 10, is_error: false, structured: { a: "é" } },
      findings: { secrets: 2 },
    });
    expect(result.want).toEqual({ redactions: [{ path: "/customer/iban" }] });
    const record = await only(file("as: ann\ncall: crm.get_customer\nargs: { id: C-1 }\nwant: { paths: [/user/email] }"));
    expect([record.entrypoint, record.want]).toEqual(["mask", { paths: ["/user/email"] }]);
  });

  test("of claims that a case says over those of its caller", async () => {
    const head =
      'callers: { ann: { agent: support-bot, user: ann, groups: [support], client: { name: ide, version: "1" }, network: { ip: 10.0.0.1 } } }\n';
    const text = `${head}cases:\n  - name: one\n    as: ann\n    call: crm.refund\n    client: { name: other }\n    request: { intent: pay, dry_run: true }\n    auth: { acr: gold }\n    want: deny\n`;
    expect((await only(text)).asked).toMatchObject({
      client: { name: "other", version: "" },
      network: { ip: "10.0.0.1", mtls: false },
      request: { intent: "pay", dry_run: true },
      user: { auth: { acr: "gold" } },
    });
  });

  test("for the environment and the tenant that the bundle is built for", async () => {
    const { asked } = await only(file("as: ann\ncall: crm.refund\nwant: deny"), { environment: "production", tenant: "acme" });
    expect(asked).toMatchObject({ environment: "production", tenant: "acme" });
  });
});

describe("a case takes place", () => {
  const at = async (text: string, head = "") => (await only(file(text, head))).asked.time;

  test("at a fixed instant, at that of its file, or at its own", async () => {
    const plain = "as: ann\ncall: crm.refund\nwant: deny";
    expect(await at(plain)).toMatchObject({ rfc3339: "2026-01-07T09:00:00.000Z", hour: 10, weekday: "wednesday", tz: "Europe/Berlin" });
    expect(await at(plain, "at: 2026-03-03T12:00:00+01:00\n")).toMatchObject({ rfc3339: "2026-03-03T11:00:00.000Z", hour: 12 });
    expect(await at(`${plain}\nat: 2026-07-05T01:30:00Z`, "at: 2026-03-03T12:00:00+01:00\n")).toMatchObject({ hour: 3, weekday: "sunday" });
  });

  test("in nanoseconds that no reader of numbers rounds", async () => {
    const { input } = await only(file("as: ann\nat: 2026-01-07T09:00:00.123Z\ncall: crm.refund\nwant: deny"));
    expect(input).toContain('"ns":1767776400123000000');
  });
});

test("arguments that the pinned definition refuses are not shown to policy, as in a gateway, and that is noted with its place", async () => {
  const { cases, notes, mistakes } = await written(file("as: ann\ncall: crm.refund\nargs: { amount: much }\nwant: deny"));
  expect(mistakes).toEqual([]);
  expect(JSON.parse(cases[0]?.input ?? "")).not.toHaveProperty("args");
  expect(notes).toEqual([
    expect.stringMatching(/^cases\/a\.yaml:5: "one": the arguments do not fit crm\.refund \(.*\), so policy sees none/),
  ]);
  const prompt = await written(file("as: bob\nprompt: everything.simple-prompt\nargs: { loud: yes }\nwant: deny"));
  expect(prompt.notes).toEqual([expect.stringContaining('"loud" is not an argument of this prompt')]);
});

test("whole cases stay as they are written, beside short ones", async () => {
  const whole =
    "  - { name: two, entrypoint: decide, input: { phase: call, time: { ns: 1767776400000000000 } }, want: { effect: deny }, description: why }\n";
  const { cases, mistakes } = await written(`${file("as: ann\ncall: crm.refund\nwant: deny")}${whole}`);
  expect(mistakes).toEqual([]);
  expect(cases[1]).toEqual({
    name: "two",
    entrypoint: "decide",
    description: "why",
    input: '{"phase":"call","time":{"ns":1767776400000000000}}',
    want: { effect: "deny" },
    file: "cases/a.yaml",
    line: 9,
  });
});

test("an agent that acts alone is said without a user, a workload by its kind", async () => {
  const alone = await only("cases: [{ name: a, as: { agent: reporter }, call: crm.search_customers, args: { query: a }, want: allow }]");
  expect(alone.asked).toMatchObject({ principal: { kind: "agent" }, agent: { roles: ["reports"] } });
  expect(alone.asked).not.toHaveProperty("user");
});
