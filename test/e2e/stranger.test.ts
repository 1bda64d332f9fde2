import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOpa } from "../../src/authoring/index.ts";
import { newKey, sign, startKeyServer } from "../parts/identity/key-server.ts";
import { type CallOptions, GateClient, told } from "../support/gate-client.ts";
import { type RunningProcess, startChild } from "../support/gate-process.ts";
import { type RecordingServer, startRecordingServer } from "../support/servers/index.ts";
import { environment, issuer, offersOf, type Stranger, strangersFiles, toolNameOf, writeStranger } from "../support/stranger/index.ts";
import { type Ended, toolgate } from "./command.ts";

/** What a company with nothing of the demo's meets on its way from a folder to a running gateway, all of it typed as people do. */

const at = ["--at", "2026-01-07T09:00:00Z"];
const PATIENCE = 60_000;
let folder = "";
let stranger: Stranger;
let env: NodeJS.ProcessEnv;

const own = (name: string) => join(folder, name);
const typed = (...args: readonly string[]): Promise<Ended> => toolgate(args, { cwd: folder, env });

/** The same repository with some places written otherwise; each must be there. */
async function changed(name: string, changes: readonly (readonly [file: string, from: string, to: string])[]): Promise<void> {
  await cp(own("policies"), own(name), { recursive: true });
  for (const [file, from, to] of changes) {
    const text = await readFile(own(`${name}/${file}`), "utf8");
    if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
    await writeFile(own(`${name}/${file}`), text.replace(from, to));
  }
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "toolgate-stranger-")));
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  env = { ...process.env, TOOLGATE_OPA: opa.value.path };
  stranger = await writeStranger(own("policies"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the stranger's repository has 3 000 lines of YAML, 40 packages, and the same bytes each time it is written", () => {
  const files = [...strangersFiles()];
  const lines = files.filter(([name]) => name.endsWith(".yaml")).reduce((sum, [, text]) => sum + text.split("\n").length, 0);
  expect(lines).toBeGreaterThan(3000);
  const packages = files.filter(([name]) => /^policy\/.*(?<!_test)\.rego$/.test(name));
  expect(packages.length).toBe(40);
  for (const rule of ["permit", "deny", "constrain", "oblige", "redact", "withhold", "mask"])
    expect(packages.some(([, text]) => text.includes(`\n${rule} contains`))).toBe(true);
  const kinds = new Set(packages.flatMap(([, text]) => /kinds: \[(.*)\]/.exec(text)?.[1]?.split(", ") ?? []));
  expect([...kinds].sort()).toEqual(
    ["admit", "completion", "elicitation", "extension", "prompt", "resource", "roots", "sampling", "tool"].sort(),
  );
  expect(files.some(([, text]) => /\b(crm|everything|support-bot|refund)\b/.test(text.replaceAll('"everywhere"', "")))).toBe(false);
  expect([...strangersFiles()]).toEqual(files);
});

describe("a stranger's policy repository", () => {
  test("is checked without a mistake", { timeout: PATIENCE }, async () => {
    const { code, out, err } = await typed("policy", "check", "policies");
    expect({ code, err: err.replace(/^checking …\n|^note .*\n/gm, "") }).toEqual({ code: 0, err: "" });
    expect(err).toContain(
      "tools of liegeplatz: not listed on /mcp, because of their names; they work on /servers/liegeplatz/mcp: datei/holen, löschen",
    );
    expect(out).toMatch(/40 packages and \d+ golden cases checked: no mistakes\./);
  });

  test("has its tests and golden cases pass on both evaluators, with every rule reached", { timeout: PATIENCE }, async () => {
    const { code, out, err } = await typed("policy", "test", "policies", "--coverage", "--min-coverage", "95");
    expect(code, out + err).toBe(0);
    expect(out).toMatch(/\d+ tests and \d+ golden cases: \d+ passed, 0 failed; (100|9[5-9](\.\d)?) % of the author's rules reached/);
  });

  test("is built, signed and verified", { timeout: PATIENCE }, async () => {
    const identity = ["--name", "hafen", "--environment", environment, "--revision", "r1", "--sequence", "1"];
    const built = await typed("bundle", "build", "policies", "--out", "b.tar.gz", ...identity, "--expires", "2036-01-01T00:00:00Z");
    expect(built.code, built.err).toBe(0);
    const key = ["--key", "key.pem", "--kid", "hafen-1"];
    expect((await typed("bundle", "keygen", "--out", "key.pem", "--keyring", "keyring.yaml", "--kid", "hafen-1")).code).toBe(0);
    expect((await typed("bundle", "sign", "b.tar.gz", ...key)).code).toBe(0);
    const verified = await typed("bundle", "verify", "b.tar.gz", "--keyring", "keyring.yaml", "--environment", environment);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.out).toContain("The bundle holds.");
  });

  test("has a table of access in every format", { timeout: PATIENCE }, async () => {
    const some = ["--agent", "lotsen-leitstand", "--agent", "lotsen-nachtlauf", "--server", "liegeplatz", ...at];
    const [terminal, csv, html, json] = await Promise.all([
      typed("policy", "matrix", "b.tar.gz", ...some),
      typed("policy", "matrix", "b.tar.gz", ...some, "--format", "csv"),
      typed("policy", "matrix", "b.tar.gz", ...some, "--kind", "all", "--format", "html", "--output", "matrix.html"),
      typed("policy", "matrix", "b.tar.gz", ...some, "--kind", "all", "--json"),
    ]);
    for (const { code, err } of [terminal, csv, html, json]) expect(code, err).toBe(0);
    expect(terminal.out).toContain("datei/holen");
    expect(csv.out).toContain("liegeplatz.löschen");
    expect(await readFile(own("matrix.html"), "utf8")).toContain("Schlepper (Leitung)");
    expect(JSON.stringify(JSON.parse(json.out))).toContain("liegeplatz.tagesbericht");
  });

  test("has its invariants proven, and a broken one shown with the role that breaks it", { timeout: PATIENCE }, async () => {
    const text = await readFile(own("policies/invariants.yaml"), "utf8");
    const broken = "  - name: nobody moves a berth\n    targets:\n      id: liegeplatz.verlegen\n    never: reach\n";
    await writeFile(own("invariants.yaml"), `${text}${broken}`);
    const { code, out, err } = await typed("policy", "prove", "b.tar.gz", "invariants.yaml", "--group-sets", "1", ...at);
    expect(code, err).toBe(1);
    const count = text.split("- name: ").length;
    expect(out).toMatch(new RegExp(`${count} invariants over \\d+ callers and \\d+ targets:`));
    expect(out.match(/^does not hold\b/gm)).toHaveLength(1);
    expect(out).toMatch(/permitted by role lotsen-team/);
  });

  test("is measured case by case", { timeout: PATIENCE }, async () => {
    const { code, out } = await typed("policy", "bench", "b.tar.gz");
    expect(code, out).toBe(0);
    expect(out).toContain("fence_liegeplatz: a path that climbs");
  });

  test("has a change told by what it opens, and refused in review", { timeout: 2 * PATIENCE }, async () => {
    await changed("next", [
      ["catalog/groups.yaml", "      - umschlag-team\n", "      - umschlag-team\n      - umschlag-kopf\n"],
      ["catalog/budgets.yaml", "limit: 240", "limit: 2400"],
      ["catalog/approvals.yaml", "- delete", "- pay"],
    ]);
    const gains = await typed("policy", "diff", "b.tar.gz", "next", "--fail-on", "gain:pay", "--fail-on", "budget-raised", ...at);
    expect(gains.code, gains.err).toBe(1);
    expect(gains.out).toContain("container-yard.settle");
    expect(gains.out).toContain("aufrufe-je-minute");
    expect(gains.out).toContain("limit: 240 -> 2400");
  });
});

describe("ten mistakes at once in a stranger's repository", () => {
  const breaks = [
    ["catalog/servers.yaml", "trust: internal", "trust: intern", 'did you mean "internal"?'],
    ["catalog/roles.yaml", "- liegeplatz/melden", "- liegeplatz/medlen", 'did you mean "liegeplatz/melden"?'],
    ["catalog/agents.yaml", "- umschlag-kopf", "- umschlag-kpof", 'did you mean "umschlag-kopf"?'],
    ["catalog/budgets.yaml", "unit: calls", "unit: call", 'did you mean "calls"?'],
    ["catalog/pins/wetter.json", "Counts what there is", "Counts everything", "the digest of the definition beside it"],
    ["policy/fence_liegeplatz.rego", "path := input.args.path", "path := input.arg.path", 'did you mean "input.args.path"?'],
    ["policy/halls_kran_telemetrie.rego", "not only_reads", 'not input.tool.effects == ["read"]', "the rule is silent instead of holding"],
    ["policy/papiere.rego", "#   kinds:", "#   kind:", 'did you mean "kinds"?'],
    ["cases/ganz.yaml", "entrypoint: decide", "entrypoint: decied", 'did you mean "decide"?'],
    ["cases/bulk.yaml", "want: ask", "wnat: ask", 'did you mean "want"?'],
  ] as const;

  test("are all told, each with its file, its line and its remedy", { timeout: PATIENCE }, async () => {
    const lines = await Promise.all(
      breaks.map(async ([file, from]) => {
        const text = await readFile(own(`policies/${file}`), "utf8");
        return text.slice(0, text.indexOf(from)).split("\n").length;
      }),
    );
    await changed(
      "broken",
      breaks.map(([file, from, to]) => [file, from, to]),
    );
    const { code, out } = await typed("policy", "check", "broken", "--json");
    expect(code).toBe(65);
    const { mistakes } = JSON.parse(out) as { mistakes: readonly { file: string; line?: number }[] };
    for (const [at, [file, , , remedy]] of breaks.entries()) {
      const found = mistakes.find((one) => one.file === file && JSON.stringify(one).includes(JSON.stringify(remedy).slice(1, -1)));
      expect(
        found,
        `${file}: ${remedy}\n${JSON.stringify(
          mistakes.filter((one) => one.file === file),
          undefined,
          1,
        )}`,
      ).toBeDefined();
      // A pin stands a few lines above the definition that it is the digest of.
      expect(Math.abs((found?.line ?? 0) - (lines[at] ?? 0)), `${file}:${found?.line}`).toBeLessThanOrEqual(file.includes("pins/") ? 5 : 0);
    }
  });

  test("an invariant that is no statement is told with its line", async () => {
    await changed("odd", [["invariants.yaml", "always: ask", "always: aks"]]);
    const { code, err } = await typed("policy", "prove", "b.tar.gz", "odd/invariants.yaml");
    expect(code).toBe(65);
    expect(err).toMatch(/invariants\.yaml has 1 mistake\.[\s\S]*"aks"[\s\S]*line \d+/);
  });
});

describe("a gateway with the stranger's bundle", () => {
  let server: RecordingServer;
  let gate: RunningProcess;
  let client: GateClient;
  let ask: (who: Readonly<Record<string, unknown>>, tool: string, args: object, door?: string) => ReturnType<GateClient["call"]>;

  beforeAll(async () => {
    const [first] = stranger.servers;
    if (first === undefined) throw new Error("no server");
    const { tools, ...items } = offersOf(first);
    server = await startRecordingServer({ era: first.era, tools, ...items });
    const [keys, key] = await Promise.all([startKeyServer(), newKey("key-1")]);
    keys.keys = [key.jwk];
    const audience = "https://tor.werftkontor.example";
    const here = stranger.servers.map(({ id }) => [id, { url: server.url }] as const);
    gate = await startChild(
      folder,
      {
        version: 1,
        data_dir: own("data"),
        listen: { host: "127.0.0.1", port: 0 },
        public_url: audience,
        bundle: { file: own("b.tar.gz"), keyring: own("keyring.yaml"), name: "hafen", environment },
        issuers: [{ issuer, audience, jwks_uri: keys.jwksUri }],
        places: Object.fromEntries(here),
        secrets: Object.fromEntries(stranger.servers.map(({ id }) => [id, { env: "HAFEN_KEY" }])),
      },
      "",
      { HAFEN_KEY: "kein-geheimnis" },
    );
    client = new GateClient(() => gate.url);
    ask = async (who, tool, args, door) => {
      const claims = { exp: Math.floor(Date.now() / 1000) + 300, aud: audience, iss: issuer, ...who };
      const options: CallOptions = { token: await sign(key, issuer, Date.now(), { claims }), ...(door !== undefined && { door }) };
      return client.call(tool, args, options);
    };
    return () => keys.stop();
  }, PATIENCE);
  afterAll(async () => {
    await client?.close();
    await gate?.stop();
    await server?.close();
  });

  const name = (trade: Parameters<typeof toolNameOf>[1]) => toolNameOf(0, trade);
  const staff = { sub: "erika", client_id: "lotsen-leitstand", groups: ["Lotsen & Schlepper"] };
  const head = { sub: "þóra", client_id: "lotsen-helfer", groups: ["Lotsen & Schlepper (Leitung)"] };

  test("lets a call through to the server, at its own door and at the one of all", async () => {
    const found = await ask(staff, `liegeplatz__${name("find")}`, { filter: { word: "Kiel" }, limit: 5 });
    expect(told(found), found.text).toMatchObject({ effect: "allow" });
    expect(told(await ask(staff, name("fetch"), { path: "gemeinsam/plan.pdf" }, "liegeplatz"))).toMatchObject({ effect: "allow" });
    expect(server.calls.map((one) => one.tool)).toEqual([name("find"), name("fetch")]);
  });

  test("refuses what a rule refuses, in the rule's words, and the server sees nothing", async () => {
    const before = server.calls.length;
    const refused = await ask(head, name("run"), { job: "inventur", options: { priority: 9 } }, "liegeplatz");
    expect(told(refused), refused.text).toMatchObject({ effect: "deny", codes: ["jobs_liegeplatz.priority"] });
    expect(refused.text).toContain("Priority 9 is for the control room.");
    expect(told(await ask(staff, name("settle"), { reference: "HK-1", amount: 1, currency: "EUR" }, "liegeplatz")).effect).toBe("unknown");
    expect(server.calls.length).toBe(before);
  });

  test("asks for an approval where a table says so", async () => {
    const before = server.calls.length;
    const asked = await ask(head, name("purge"), { ids: ["HK-1"], reason: "doppelt" }, "liegeplatz");
    // Nobody can be asked yet: the decision is to ask, the answer a refusal that says so.
    expect(told(asked), asked.text).toMatchObject({ effect: "deny", codes: ["policy.obligation_unsupported"] });
    expect(server.calls.length).toBe(before);
  });
});
