import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitOf, root, run, said, start } from "./command.ts";

const place = mkdtempSync(join(tmpdir(), "toolgate-package-"));
const [programs, home, folder] = [join(place, "bin"), join(place, "home"), join(place, "app")];
const system = systemNode();
/** All that the package may count on: a Node that is too old for it, and npm. */
const env = { PATH: programs, HOME: home };
const command = join(folder, "node_modules/.bin/toolgate");
let files: readonly string[] = [];

/** The first Node in PATH that is not the project's own. */
function systemNode(): { readonly path: string; readonly version: string } | undefined {
  for (const part of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(part, "node");
    if (part.includes("node_modules") || !existsSync(path)) continue;
    return { path, version: execFileSync(path, ["--version"], { encoding: "utf8" }).trim() };
  }
  return undefined;
}

const major = Number(/^v(\d+)/.exec(system?.version ?? "")?.[1] ?? Number.NaN);
const why = system === undefined ? "no Node in PATH besides the project's own" : `the system's Node is ${system.version}`;

describe.skipIf(!(major >= 20 && major < 24))(`the package, installed with Node 20 alone (${why})`, () => {
  beforeAll(async () => {
    for (const path of [programs, home, folder]) mkdirSync(path);
    symlinkSync(system!.path, join(programs, "node"));
    symlinkSync(join(dirname(system!.path), "npm"), join(programs, "npm"));
    const packed = await run("npm", ["pack", "--json", "--pack-destination", place], { cwd: root });
    expect(packed.code, packed.err).toBe(0);
    // A build may say something before npm's answer.
    const [about] = JSON.parse(packed.out.slice(packed.out.search(/^\[/m))) as [{ filename: string; files: { path: string }[] }];
    files = about.files.map(({ path }) => path);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }));
    const cache = execFileSync("npm", ["config", "get", "cache"], { encoding: "utf8" }).trim();
    const installed = await run(
      "npm",
      ["install", "--prefer-offline", "--no-audit", "--no-fund", "--cache", cache, join(place, about.filename)],
      {
        cwd: folder,
        env: { ...env, PATH: `${programs}${delimiter}/usr/bin${delimiter}/bin` },
      },
    );
    expect(installed.code, installed.err).toBe(0);
  }, 110_000);
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  test("holds what runs, and neither sources nor tests", () => {
    expect(files).toEqual(
      expect.arrayContaining(["bin/toolgate.cjs", "dist/index.js", "dist/index.d.ts", "bundles/demo.tar.gz", "README.md", "LICENSE"]),
    );
    expect(files.filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path))).toEqual([]);
    const tests = /_test\.rego$|\.test\.|^(?:src|test|bench|examples|node_modules|\.)/;
    // Those of packs and template are an author's own as soon as they are copied.
    expect(files.filter((path) => tests.test(path) && !/^policies\/(?:packs|template)\//.test(path))).toEqual([]);
  });

  test("says its version, on a Node that is newer than the system's", async () => {
    const { out } = await run(command, ["version", "--json"], { cwd: folder, env });
    expect(JSON.parse(out)).toMatchObject({ toolgate: "0.1.0", node: expect.stringMatching(/^2[4-9]\./) });
  });

  test("runs the demo, whose configuration serves again, and whose log holds", async () => {
    const data = join(place, "demo");
    const demo = start(command, ["demo", "--port", "0", "--folder", data], { cwd: folder, env });
    const text = await said(demo, /demo story plays/);
    const url = /gateway +(http:\S+),/.exec(text)?.[1] ?? "";
    const endpoint = /--endpoint (\S+)\)/.exec(text)?.[1] ?? "";
    const token = await run(command, ["demo", "token", "--user", "ann", "--agent", "support-bot", "--endpoint", endpoint], {
      cwd: folder,
      env,
    });
    const answer = await fetch(url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token.out.trim()}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "crm__get_customer",
      },
      body: readFileSync(join(data, "requests/customer.json")),
    });
    expect(await answer.text()).toContain("Mia Weber");
    demo.kill("SIGINT");
    expect(await exitOf(demo)).toBe(0);

    const verified = await run(command, ["log", "verify", join(data, "data/log")], { cwd: folder, env });
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining("The log holds.") });

    const gateway = start(command, ["serve", "--config", join(data, "toolgate.yaml"), "--json"], {
      cwd: folder,
      env: { ...env, CRM_SECRET: "s" },
    });
    const ready = JSON.parse(await said(gateway, /\n/)) as { url: string };
    expect((await fetch(`${ready.url}/healthz`)).status).toBe(200);
    gateway.kill("SIGTERM");
    expect(await exitOf(gateway)).toBe(0);
  }, 60_000);

  test("offers its functions to programs, with types", async () => {
    const program = [
      'import { readFileSync } from "node:fs";',
      'import { readKeyring, verifyBundle, type BundleIdentity, type Result } from "toolgate";',
      'const at = (name: string) => new URL("./node_modules/toolgate/bundles/" + name, import.meta.url);',
      'const keyring = readKeyring(readFileSync(at("keyring.json"), "utf8"));',
      'if (!keyring.ok) throw new Error("no keyring");',
      'const result: Result<BundleIdentity, unknown> = await verifyBundle(readFileSync(at("demo.tar.gz")), { keyring: keyring.value, environment: "demo" });',
      "console.log(JSON.stringify(result));",
    ];
    writeFileSync(join(folder, "program.mts"), program.join("\n"));
    const flags = ["--noEmit", "--strict", "--target", "es2024", "--module", "nodenext", "--skipLibCheck", "--types", "node"];
    const typeRoots = ["--typeRoots", join(root, "node_modules/@types")];
    const types = await run(join(root, "node_modules/.bin/tsc"), [...flags, ...typeRoots, join(folder, "program.mts")], { cwd: folder });
    expect(types.out).toBe("");
    const { out } = await run(process.execPath, ["program.mts"], { cwd: folder });
    expect(JSON.parse(out)).toMatchObject({ ok: true, value: { name: "demo", signer: "demo" } });
  }, 30_000);

  test("says what to do when the install script of its Node was not run", async () => {
    // What npm leaves then: the dependency "node" without its binary.
    const modules = join(place, "without/node_modules");
    mkdirSync(join(modules, "toolgate/bin"), { recursive: true });
    mkdirSync(join(modules, "node"));
    writeFileSync(join(modules, "node/package.json"), '{ "name": "node" }');
    const bare = join(modules, "toolgate/bin/toolgate.cjs");
    copyFileSync(join(root, "bin/toolgate.cjs"), bare);
    const { code, err } = await run(system!.path, [bare, "version"], { cwd: place, env });
    expect(code).toBe(70);
    expect(err).toContain(`toolgate needs Node 24 and found ${system!.version}.`);
    expect(err).toContain('"allowScripts": { "node": true }');
  });
});
