import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { readConfig } from "../../src/app/index.ts";
import { findOpa } from "../../src/authoring/index.ts";
import { type DemoSetUp, startDemo } from "../../src/demo/set-up/index.ts";
import { type Block, blocksOf, literally } from "../docs/blocks.ts";
import { findRedis, startRedis, type TestRedis } from "../support/redis.ts";
import { exitOf, root, run, said, start } from "./command.ts";

/** In this order: each page goes on where the one before it ended. */
const pages = [
  "docs/quickstart.md",
  "docs/how-to/read-the-log.md",
  "docs/how-to/explain-a-decision.md",
  "docs/how-to/replay-the-log.md",
  "docs/how-to/measure-the-impact-of-a-bundle.md",
  "docs/how-to/write-a-rule.md",
  "docs/how-to/add-a-server.md",
  "docs/how-to/let-a-server-ask-users.md",
  "docs/how-to/rotate-keys.md",
  "docs/how-to/run-with-redis.md",
];
const PATIENCE = { timeout: 20_000, interval: 300 };

const folder = mkdtempSync(join(tmpdir(), "toolgate-docs-"));
let demo: DemoSetUp;
let redis: TestRedis;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const [opa, found] = [await findOpa({ env: process.env }), findRedis()];
  if (!opa.ok) throw new Error(opa.error);
  if (found.kind === "missing") throw new Error(found.reason);
  redis = await startRedis(found);
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(root, "bin/toolgate.cjs"), join(folder, "node_modules/.bin/toolgate"));
  // A copy: what the pages write must never reach the project's own policies, by whichever command they copy.
  cpSync(join(root, "policies"), join(folder, "policies"), { recursive: true });
  demo = await startDemo({ port: 0, folder: join(folder, ".toolgate") });
  env = { ...process.env, TOOLGATE_OPA: opa.value.path, CRM_SECRET: demo.crm.secret };
  const token = await run("bash", ["-c", here("npx toolgate demo token --user ann --agent support-bot")], { cwd: folder, env });
  env.TOKEN = token.out.trim();
}, 90_000);
afterAll(async () => {
  await demo?.stop();
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The pages name the usual ports; here the demo has free ones. */
function here(text: string): string {
  return text
    .replaceAll("http://127.0.0.1:4400", demo.gatewayUrl)
    .replaceAll("http://127.0.0.1:4403/mcp", String(demo.processes.everything.ready.url))
    .replaceAll("redis://127.0.0.1:6379", redis.url)
    .replaceAll("CRM_SECRET=…", `CRM_SECRET=${demo.crm.secret}`)
    .replaceAll("toolgate demo token", `toolgate demo token --endpoint ${demo.tokenEndpoint}`);
}

/** Runs commands; those that only look, until they print what the page shows: a gateway takes a new bundle in its own time. */
async function runs(block: Block, wanted: string | undefined): Promise<void> {
  const once = async () => {
    const { code, out, err } = await run("bash", ["-euo", "pipefail", "-c", here(block.text)], { cwd: folder, env });
    expect(code, `${block.text}\n${out}${err}`).toBe(0);
    for (const line of wanted?.trim().split("\n") ?? []) expect(out).toMatch(pattern(line));
  };
  await (wanted !== undefined && /^(curl|npx toolgate log)/.test(block.text) ? vi.waitFor(once, PATIENCE) : once());
}

/** A line of shown output: `…` stands for anything on that line, blanks for any number of blanks. */
function pattern(line: string): RegExp {
  const parts = line.split("…").map((part) =>
    part
      .trim()
      .split(/\s+/)
      .map((word) => literally(word))
      .join("\\s+"),
  );
  return new RegExp(parts.join(".*"));
}

/** Members of the block replace those of the file, table by table. */
function merge(into: unknown, from: unknown): unknown {
  if (typeof into !== "object" || typeof from !== "object" || into === null || from === null || Array.isArray(from)) return from;
  const merged: Record<string, unknown> = { ...into };
  for (const [key, value] of Object.entries(from)) merged[key] = merge(merged[key], value);
  return merged;
}

async function follow(block: Block, next: Block | undefined): Promise<void> {
  const [, act, path = ""] = /^(file|merge into): (.*)$/.exec(block.note) ?? [];
  const file = join(folder, path);
  if (act === "file") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, block.text);
  } else if (act === "merge into") {
    writeFileSync(file, stringify(merge(parse(readFileSync(file, "utf8")), parse(here(block.text)))));
  } else if (block.language === "sh" && !block.note.startsWith("not run here")) {
    await runs(block, next?.language === "text" ? next.text : undefined);
  }
}

describe.each(pages)("%s", (page) => {
  const blocks = blocksOf(page);

  test.each(blocks.map((block, at) => [block.line, block, blocks[at + 1]] as const))(
    "line %i does what the page says",
    async (_, block, next) => follow(block, next),
    60_000,
  );

  test("has no block that is neither run, used nor shown as output", () => {
    const unknown = blocks.filter(({ language, note }) => !["sh", "text"].includes(language) && !/^(file|merge into|a part of)/.test(note));
    expect(unknown).toEqual([]);
    expect(blocks.filter(({ language }) => language === "sh").length).toBeGreaterThan(0);
  });
});

describe("what the pages leave behind", () => {
  test("is a configuration with which a gateway serves, on Redis", async () => {
    const config = await readConfig(demo.configFile);
    expect(config).toMatchObject({ ok: true, value: { redis: { url: redis.url } } });
    await demo.stop();
    const gateway = start(process.execPath, [join(root, "bin/toolgate.cjs"), "serve", "--config", demo.configFile, "--json"], { env });
    const { url, bundle } = JSON.parse(await said(gateway, /\n/)) as { url: string; bundle: { revision: string } };
    expect(bundle.revision).toBe("rotated-1");
    await vi.waitFor(async () => expect((await fetch(`${url}/healthz`)).status).toBe(200), PATIENCE);
    gateway.kill("SIGTERM");
    expect(await exitOf(gateway)).toBe(0);
  }, 60_000);

  test("is a folder that the demo goes on with, bundle and keys included", async () => {
    const again = await startDemo({ port: 0, folder: demo.folder });
    await again.stop();
    expect(again.processes.gateway.ready).toMatchObject({ bundle: { revision: "rotated-1", sequence: 5 } });
  }, 60_000);

  test("parts of a configuration are such parts", async () => {
    const parts = pages.flatMap(blocksOf).filter(({ note }) => note === "a part of toolgate.yaml");
    expect(parts.length).toBeGreaterThan(0);
    for (const [at, part] of parts.entries()) {
      const file = join(folder, `.toolgate/part-${at}.yaml`);
      writeFileSync(file, stringify({ ...parse(readFileSync(demo.configFile, "utf8")), ...parse(part.text) }));
      expect(await readConfig(file)).toMatchObject({ ok: true });
    }
  });
});

describe("README.md", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const links = (page: string) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) =>
      join(dirname(page), target ?? ""),
    );

  test("starts with two commands, which package.json has", () => {
    expect(blocksOf("README.md").find(({ language }) => language === "sh")?.text).toBe("npm ci\nnpm start\n");
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
    for (const [, name = ""] of text.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
    expect(scripts.start).toBe("node bin/toolgate.cjs demo");
  });

  test("keeps the place for the figures of the bench", () => {
    expect(text).toContain("<!-- figures: npm run bench -->");
  });

  test.each(["README.md", ...pages])("%s links only to what is there", (page) => {
    expect(links(page).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
