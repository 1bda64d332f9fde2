import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { checkSurroundings, readConfig } from "../../src/app/config.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
const text = (name: string) => readFileSync(join(root, name), "utf8");
const manifest = JSON.parse(text("package.json"));

/** The instructions of a Dockerfile, continued lines joined. */
const instructions = text("Dockerfile")
  .replace(/\\\n\s*/g, " ")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => ({ verb: line.slice(0, line.indexOf(" ")), rest: line.slice(line.indexOf(" ") + 1) }));
const all = (verb: string) => instructions.filter((instruction) => instruction.verb === verb).map(({ rest }) => rest);

/** What the last stage copies from the checkout. */
const copied = (lines: readonly string[]) =>
  lines.filter((rest) => !rest.startsWith("--from=")).flatMap((rest) => rest.split(" ").slice(0, -1));

describe("the image", () => {
  test("stands on exactly the Node that the package brings along", () => {
    const bases = all("FROM").map((rest) => rest.split(" ")[0]);
    expect(new Set(bases)).toEqual(new Set([`node:${manifest.dependencies.node}-trixie-slim`]));
  });

  test("copies only what is there and what .dockerignore lets through", () => {
    const sources = copied(all("COPY"));
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([]);
    const letThrough = text(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    expect([...new Set(sources)].sort()).toEqual([...new Set(letThrough)].sort());
  });

  test("runs as an ordinary user, without a shell, and says how it is", () => {
    expect(all("USER")).toEqual(["node"]);
    expect(all("VOLUME")).toEqual(["/data"]);
    for (const line of [...all("ENTRYPOINT"), ...all("CMD"), ...all("HEALTHCHECK").map((rest) => rest.slice(rest.indexOf("CMD ") + 4))])
      expect(JSON.parse(line)).toBeInstanceOf(Array);
    expect(
      all("RUN")
        .filter((rest) => rest.includes("npm ci"))
        .every((rest) => rest.includes("--ignore-scripts")),
    ).toBe(true);
  });

  test("is healthy while the gateway answers, and unhealthy when it does not", async () => {
    const server = createServer((request, response) => response.writeHead(request.url === "/healthz" ? 200 : 503).end());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ask = (url: string) =>
      run(process.execPath, [join(root, "deploy/healthcheck.mjs")], { env: { TOOLGATE_HEALTH_URL: url } }).then(
        () => 0,
        (error: { readonly code: number }) => error.code,
      );
    expect(await ask(`${origin}/healthz`)).toBe(0);
    expect(await ask(`${origin}/readyz`)).toBe(1);
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    expect(await ask(`${origin}/healthz`)).toBe(1);
  });
});

const service = z.strictObject({
  image: z.string().regex(/^[a-z]+:\d+\.\d+\.\d+(?:-[a-z]+)?$/, "wanted an exact version"),
  build: z.literal(".").optional(),
  user: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).optional(),
  init: z.literal(true).optional(),
  ports: z.array(z.string()).optional(),
  networks: z.array(z.string()).optional(),
  network_mode: z.literal("service:gateway").optional(),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.strictObject({ condition: z.literal("service_healthy") }))]).optional(),
  healthcheck: z
    .union([
      z.strictObject({ disable: z.literal(true) }),
      z.strictObject({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.int() }),
    ])
    .optional(),
  stop_grace_period: z.string().optional(),
  restart: z.literal("unless-stopped"),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal("ALL")]),
  security_opt: z.tuple([z.literal("no-new-privileges:true")]),
});

const composition = z.object({
  name: z.literal("toolgate"),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.null()),
});

const compose = composition.parse(parse(text("docker-compose.yml"), { merge: true }));
const services = Object.entries(compose.services);

describe("the composition", () => {
  test("has a gateway, a Redis that never evicts, and the demo's provider and servers", () => {
    expect(services.map(([name]) => name).sort()).toEqual(["crm", "everything-http", "gateway", "provider", "redis"]);
    const { command } = compose.services.redis!;
    expect(command[command.indexOf("--maxmemory-policy") + 1]).toBe("noeviction");
    for (const [name, { image }] of services) if (name !== "redis") expect(image).toBe(`toolgate:${manifest.version}`);
  });

  test("publishes the gateway's port alone, on loopback alone", () => {
    expect(services.flatMap(([name, { ports }]) => (ports ?? []).map((port) => [name, port]))).toEqual([
      ["gateway", "127.0.0.1:4400:4400"],
    ]);
    expect(compose.networks.state).toMatchObject({ internal: true });
    expect(compose.services.redis!.networks).toEqual(["state"]);
  });

  test("names only networks, volumes, services and folders that are there", () => {
    for (const [, { networks, volumes, depends_on }] of services) {
      for (const name of networks ?? []) expect(Object.keys(compose.networks)).toContain(name);
      for (const name of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on ?? {}))
        expect(Object.keys(compose.services)).toContain(name);
      for (const volume of volumes ?? []) {
        const [from = ""] = volume.split(":");
        if (from.startsWith("./")) expect(existsSync(join(root, from)) && volume.endsWith(":ro")).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(from);
      }
    }
  });

  test("trusts no other proxy than its own network's address", async () => {
    const config = await readConfig(join(root, "deploy/toolgate.yaml"));
    expect(config).toMatchObject({ ok: true, value: { listen: { trusted_proxies: ["172.30.44.1"] } } });
    expect(compose.networks.front).toMatchObject({ ipam: { config: [{ gateway: "172.30.44.1" }] } });
  });

  test("has a configuration without mistakes, whose files are where the volumes put them", async () => {
    const config = await readConfig(join(root, "deploy/toolgate.yaml"));
    if (!config.ok) throw new Error(JSON.stringify(config.error));
    expect(await checkSurroundings(config.value, { CRM_SECRET: "secret" })).toEqual([]);
    const mounts = compose.services.gateway!.volumes!.map((volume) => volume.split(":"));
    const onHost = (path: string) => {
      const mount = mounts.find(([, to = ""]) => path.startsWith(`${to}/`));
      return mount ? join(root, mount[0] ?? "", path.slice(mount[1]?.length)) : path.replace(/^\/app\//, `${root}/`);
    };
    const stdio = Object.values(config.value.places).flatMap((place) => ("paths" in place ? Object.values(place.paths) : []));
    expect(stdio.length).toBe(3);
    expect(stdio.map(onHost).filter((path) => !existsSync(path))).toEqual([]);
  });
});

/** What the image holds, laid out in a folder: what the Dockerfile builds and copies, and nothing else of the checkout. */
describe("what is in the image", () => {
  const app = mkdtempSync(join(tmpdir(), "toolgate-image-"));
  const children: ChildProcess[] = [];

  beforeAll(() => {
    const last = instructions.slice(instructions.findLastIndex(({ verb }) => verb === "FROM"));
    for (const source of copied(last.filter(({ verb }) => verb === "COPY").map(({ rest }) => rest))) {
      mkdirSync(dirname(join(app, source)), { recursive: true });
      cpSync(join(root, source), join(app, source), { recursive: true });
    }
    for (const name of readdirSync(join(app, "policies/toolgate")))
      if (name.endsWith("_test.rego")) rmSync(join(app, "policies/toolgate", name));
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", "tsconfig.build.json", "--outDir", join(app, "dist")], { cwd: root });
    symlinkSync(join(root, "node_modules"), join(app, "node_modules"));
  });

  afterAll(async () => {
    for (const child of children) {
      if (child.exitCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(app, { recursive: true, force: true });
  });

  /** Starts what a service starts, on a free port, and waits for the line that says it is ready. */
  async function start(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> {
    const [program, ...args] = command.map((word) => word.replace(/^(file:\/\/)?\/app\//, `$1${app}/`));
    expect(program).toBe("node");
    const child = spawn(process.execPath, args, { cwd: app, env, stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    const said: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('{"ready":true')) return JSON.parse(line);
      said.push(line);
    }
    throw new Error(`ended before it was ready:\n${said.join("\n")}`);
  }

  test.each(["provider", "crm", "everything-http"])("starts the service %s by the command of the composition", async (name) => {
    const { entrypoint = [], command, environment } = compose.services[name]!;
    const free = command.map((word, at) => (command[at - 1] === "--port" ? "0" : word));
    const ready = await start([...entrypoint, ...free], { CRM_SECRET: "secret", ...(environment?.PORT ? { PORT: "0" } : {}) });
    expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
  });

  test("starts the gateway with the configuration of the composition, moved to loopback and to memory", async () => {
    const { redis: _, ...config } = parse(text("deploy/toolgate.yaml"));
    const folder = join(app, "etc");
    mkdirSync(folder);
    const moved = {
      ...config,
      data_dir: join(folder, "data"),
      listen: { host: "127.0.0.1", port: 0 },
      bundle: { ...config.bundle, file: join(root, "bundles/demo.tar.gz"), keyring: join(root, "bundles/keyring.json") },
    };
    writeFileSync(join(folder, "toolgate.yaml"), stringify(moved).replaceAll("/app/", `${app}/`));
    const [entrypoint = "[]"] = all("ENTRYPOINT");
    const { command } = compose.services.gateway!;
    const args = command.map((word) => (word.endsWith(".yaml") ? join(folder, "toolgate.yaml") : word));
    const ready = await start([...JSON.parse(entrypoint), ...args, "--json"], { CRM_SECRET: "secret" });
    const { stdout } = await run(process.execPath, [join(app, "deploy/healthcheck.mjs")], {
      env: { TOOLGATE_HEALTH_URL: `${String(ready.url)}/healthz` },
    });
    expect(stdout).toBe("");
    expect(ready).toMatchObject({ ready: true, bundle: { name: "demo" } });
  });
});

// Only where the command is there; it needs no engine for this. Elsewhere the shape above is what is checked.
const dockerCompose = await run("docker", ["compose", "version"]).then(
  () => true,
  () => false,
);
if (dockerCompose) {
  test("docker compose takes the composition", async () => {
    const { PATH = "", HOME = "" } = process.env;
    const { stdout } = await run("docker", ["compose", "config", "--quiet"], { cwd: root, env: { PATH, HOME, CRM_SECRET: "secret" } });
    expect(stdout).toBe("");
  });
}
