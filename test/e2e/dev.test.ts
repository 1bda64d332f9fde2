import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { DEMO_AUDIENCE } from "../../src/demo/addresses.ts";
import { requestToken } from "../../src/demo/provider/index.ts";
import { type DemoSetUp, startDemo } from "../../src/demo/set-up/index.ts";
import { exitOf, launcher, root, start, toolgate } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "toolgate-dev-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Round {
  readonly round: number;
  readonly ok: boolean;
  readonly kind: "mistakes" | "failed" | "ready";
  readonly mistakes?: readonly { readonly found: string; readonly line: number }[];
  readonly failed?: readonly { readonly name: string }[];
  readonly activated?: { readonly ok: boolean; readonly where?: string };
  readonly url?: string;
}

describe("toolgate dev", () => {
  let demo: DemoSetUp;
  let child: ReturnType<typeof start>;
  let rounds: AsyncIterator<string>;
  const policies = at("policies");
  const refunds = join(policies, "policy/refunds.rego");
  let before: string;

  beforeAll(async () => {
    demo = await startDemo({ port: 0, folder: at("demo") });
    cpSync(join(root, "policies"), policies, { recursive: true });
    before = readFileSync(refunds, "utf8");
    const config = parse(readFileSync(demo.configFile, "utf8"));
    writeFileSync(at("dev.yaml"), stringify({ ...config, listen: { ...config.listen, port: 0 }, metrics: undefined }));
    const env = { ...process.env, CRM_SECRET: demo.crm.secret };
    const args = ["dev", policies, "--config", at("dev.yaml"), "--out", at("out"), "--json"];
    child = start(process.execPath, [launcher, ...args], { env });
    if (child.stdout === null) throw new Error("no output");
    rounds = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }, 60_000);
  afterAll(async () => {
    child.kill("SIGTERM");
    await exitOf(child);
    await demo.stop();
  });

  /** The next round that came out so. The system may tell of one change twice, and then there is a round more. */
  async function roundThat(fits: (round: Round) => boolean): Promise<Round> {
    for (;;) {
      const line = await rounds.next();
      if (line.done === true) throw new Error("it ended");
      const round = JSON.parse(line.value) as Round;
      if (fits(round)) return round;
    }
  }

  /** As editors do it that never leave half a file. */
  function save(text: string): void {
    writeFileSync(at("saved.rego"), text);
    renameSync(at("saved.rego"), refunds);
  }

  async function refund(url: string, amount: number): Promise<string> {
    const token = await requestToken(demo.tokenEndpoint, { client: "support-bot", audience: DEMO_AUDIENCE, user: "ann" });
    const client = new Client({ name: "dev-test", version: "1" });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
    const answer = await client.callTool({ name: "crm__refund", arguments: { ticket: "T-1", customer: "C-1", amount } });
    await client.close();
    return answer.isError === true ? JSON.stringify(answer.content) : "paid";
  }

  test("puts what holds into force in a running gateway, and keeps the last good bundle otherwise", async () => {
    const first = await roundThat(() => true);
    expect(first).toMatchObject({ round: 1, ok: true, kind: "ready", activated: { ok: true } });
    const url = first.url ?? "";
    expect(await refund(url, 200)).toBe("paid");

    save(before.replace("constrain contains", "constrian contains"));
    const mistaken = await roundThat(({ kind }) => kind !== "ready");
    expect(mistaken).toMatchObject({ ok: false, kind: "mistakes", mistakes: [{ file: "policy/refunds.rego" }] });
    expect(await refund(url, 200)).toBe("paid");

    save(before.replace("> 1000", "> 100"));
    const failing = await roundThat(({ kind }) => kind !== "mistakes");
    expect(failing).toMatchObject({ ok: false, kind: "failed" });
    const failed = failing.failed?.length ?? 0;
    expect(failed).toBeGreaterThan(1);
    expect(await refund(url, 200)).toBe("paid");

    rmSync(join(policies, "cases/refunds.yaml"));
    expect((await roundThat((round) => round.failed?.length !== failed)).kind).toBe("failed");
    rmSync(join(policies, "policy/refunds_test.rego"));
    const last = await roundThat(({ kind }) => kind !== "failed");
    expect(last).toMatchObject({ ok: true, kind: "ready", url });
    expect(await refund(url, 200)).toContain("never allowed");
  }, 120_000);

  test("runs as its page shows it", async () => {
    const page = readFileSync(join(root, "docs/how-to/develop-policies.md"), "utf8");
    const [, line = ""] = /^toolgate (dev .*)$/m.exec(page) ?? [];
    expect(line).toBe("dev policies --config toolgate.yaml");
    cpSync(at("dev.yaml"), at("toolgate.yaml"));
    const env = { ...process.env, CRM_SECRET: demo.crm.secret };
    const { code, out } = await toolgate([...line.split(" "), "--once"], { cwd: folder, env });
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^#1 [\d.]+ s dev-\S+ active, \d+ tests passed {2}http/) });
  }, 60_000);

  test("signs with a key that nobody has afterwards", () => {
    const keyring = JSON.parse(readFileSync(at("out/keyring.json"), "utf8"));
    expect(Object.keys(keyring.keys)).toEqual(["dev"]);
    const files = readdirSync(at("out"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(texts.filter((text) => text.includes("PRIVATE KEY"))).toEqual([]);
    expect(texts.length).toBeGreaterThan(2);
  });
});

describe("toolgate dev refuses", () => {
  const bundleless = { NO_COLOR: "1", ...process.env };

  test("to overwrite a keyring that somebody keeps", async () => {
    cpSync(join(root, "bundles/keyring.json"), at("kept/keyring.json"));
    const { code, err } = await toolgate(["dev", join(root, "policies"), "--once", "--out", at("kept")], { env: bundleless });
    expect({ code, err }).toMatchObject({ code: 65, err: expect.stringContaining("holds keys that somebody keeps") });
    expect(readFileSync(at("kept/keyring.json"), "utf8")).toBe(readFileSync(join(root, "bundles/keyring.json"), "utf8"));
  });

  test("to run a gateway that others can reach", async () => {
    writeFileSync(
      at("open.yaml"),
      stringify({
        version: 1,
        data_dir: "data",
        public_url: "https://gate.example.com",
        listen: { host: "0.0.0.0", port: 0, trusted_proxies: ["127.0.0.1"] },
        bundle: { file: "b.tar.gz", keyring: "k.json", name: "demo", environment: "demo" },
        issuers: [{ issuer: "https://login.example.com", audience: "https://gate.example.com" }],
      }),
    );
    const { code, err } = await toolgate(["dev", join(root, "policies"), "--once", "--config", at("open.yaml"), "--out", at("open")]);
    expect({ code, err }).toMatchObject({ code: 65, err: expect.stringContaining("a loopback address") });
  });

  test("policies with a mistake, with the exit code of one, and a folder that is not there", async () => {
    mkdirSync(at("empty"));
    const empty = await toolgate(["dev", at("empty"), "--once", "--out", at("none")]);
    expect(empty).toMatchObject({ code: 65, out: expect.stringContaining("catalog/servers.yaml") });
    const { code, err } = await toolgate(["dev", at("nothing-here"), "--once", "--out", at("none")]);
    expect({ code, err }).toMatchObject({ code: 69, err: expect.stringContaining("there is no such file or folder") });
  });
});
