import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { exitOf, launcher, listensAt, lives, root, run, said, start, toolgate, treeOf } from "./command.ts";

const PATIENCE = { timeout: 20_000, interval: 50 };
const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), "SIGTERM");
    await exitOf(child);
  }
});

interface Demo {
  readonly child: ChildProcess;
  readonly text: string;
  readonly folder: string;
  /** The lines to paste, with those that go on put together. */
  readonly lines: readonly string[];
}

async function demo(args: readonly string[] = ["--port", "0"]): Promise<Demo> {
  const child = start(process.execPath, [launcher, "demo", ...args]);
  running.push(child);
  const text = await said(child, /demo story plays/);
  const lines = text
    .replace(/ \\\n +/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^(TOKEN=|export|curl|npx|claude)/.test(line) && !line.includes("story"));
  return { child, text, folder: /folder +(\S+)/.exec(text)?.[1] ?? "", lines };
}

/** A process of the demo by what its command line holds. */
function processOf(child: ChildProcess, wanted: RegExp): number {
  const found = treeOf(child.pid ?? 0).find((pid) => wanted.test(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")));
  return found ?? Number.NaN;
}

/** Pastes lines into a shell. `npx` finds the package of the folder in which it runs. */
function paste(...lines: readonly string[]) {
  return run("bash", ["-euc", lines.join("\n")], { cwd: root });
}

describe("toolgate demo", () => {
  test("prints lines that work as they stand, none wider than a terminal", async () => {
    const { text, lines, folder } = await demo();
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(lines.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      "TOKEN=$(npx toolgate demo",
      expect.stringMatching(/^curl -s http:/),
      "npx toolgate log",
      "export TOOLGATE_TOKEN=$(npx toolgate",
      "npx toolgate rollout",
      "claude mcp add",
      "npx @modelcontextprotocol/inspector --cli",
    ]);
    const [token = "", curl = "", log = "", operator = "", rollout = "", client = "", inspector = ""] = lines;

    const listed = await paste(token, curl);
    expect(listed.code, listed.err).toBe(0);
    const names = (JSON.parse(listed.out) as { result: { tools: { name: string }[] } }).result.tools.map(({ name }) => name);
    expect(names).toContain("crm__refund");
    expect(names).not.toContain("crm__export_customers");

    const called = await paste(token, curl.replace("list.curl", "customer.curl"));
    expect(called.out).toContain("Mia Weber");
    expect(called.out).not.toMatch(/DE\d{20}/);
    const refused = await paste(token, curl.replace("list.curl", "refund.curl"));
    expect(refused.out).toContain("refunds.too_much");

    const tailed = await paste(log.replace(" --follow", ""));
    expect(tailed.out).toMatch(/refusal +ann via support-bot +crm.refund +deny .*refunds.too_much/);

    const seen = await paste(operator, rollout);
    expect(seen.code, seen.err).toBe(0);
    expect(seen.out).toMatch(/^demo in demo, tenant default: demo-1 decides for all\n/);
    const stranger = await paste(operator.replace("--user olga", "--user bob"), rollout);
    expect([stranger.code, stranger.out, stranger.err]).toEqual([69, "", expect.stringContaining("operator.unknown")]);

    // The forms that these tools take; neither is installed here.
    const mcp = /curl -s (\S+)/.exec(curl)?.[1];
    expect(client).toBe(`claude mcp add --transport http toolgate ${mcp} --header "Authorization: Bearer $TOKEN"`);
    expect(inspector).toBe(
      `npx @modelcontextprotocol/inspector --cli ${mcp} --transport http --method tools/list --header "Authorization: Bearer $TOKEN"`,
    );
    expect(existsSync(folder)).toBe(true);
  }, 60_000);

  test("listens on 127.0.0.1 only, each process for itself", async () => {
    const { child, text } = await demo();
    const addresses = treeOf(child.pid ?? 0).map((pid) => listensAt(pid));
    expect(addresses.flat().filter((address) => !address.startsWith("127.0.0.1:"))).toEqual([]);
    const listening = addresses.filter((of) => of.length > 0);
    expect(listening).toHaveLength(4);
    expect(listening.flat()).toContain(/http:\/\/(127\.0\.0\.1:\d+)\/mcp/.exec(text)?.[1]);
  }, 60_000);

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "ends everything and removes its folder on %s, though it comes twice",
    async (signal) => {
      const { child, folder } = await demo();
      const processes = treeOf(child.pid ?? 0);
      // A terminal sends it to the whole group, and the launcher passes it on once more.
      process.kill(-(child.pid ?? 0), signal);
      expect(await exitOf(child)).toBe(0);
      expect(processes.filter(lives)).toEqual([]);
      expect(existsSync(folder)).toBe(false);
    },
    60_000,
  );

  test("leaves no process behind when it is killed", async () => {
    const { child, folder, lines } = await demo();
    await paste(...lines.slice(0, 2));
    // Launcher, demo, provider, crm, everything-http, gateway, and the gateway's two servers over stdio.
    const processes = treeOf(child.pid ?? 0);
    expect(processes).toHaveLength(8);
    process.kill(processOf(child, /cli\/main\.ts demo/), "SIGKILL");
    await vi.waitFor(() => expect(processes.filter(lives)).toEqual([]), PATIENCE);
    rmSync(folder, { recursive: true });
  }, 60_000);

  test("leaves no process behind when its launcher is killed", async () => {
    const { child, folder } = await demo();
    const processes = treeOf(child.pid ?? 0);
    child.kill("SIGKILL");
    await vi.waitFor(() => expect(processes.filter(lives)).toEqual([]), PATIENCE);
    expect(existsSync(folder)).toBe(false);
  }, 60_000);

  test("says that it ends when one of its processes ends", async () => {
    const { child, folder } = await demo();
    const ended = new Promise<string>((resolve) => {
      let err = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        err += chunk.toString();
      });
      child.once("close", () => resolve(err));
    });
    process.kill(processOf(child, /crm\/main/), "SIGKILL");
    expect(await ended).toContain("The crm process ended by itself.");
    expect(child.exitCode).toBe(69);
    expect(existsSync(folder)).toBe(false);
  }, 60_000);

  test("names each port that is taken, once, and starts nothing", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const { code, out, err } = await toolgate(["demo", "--port", String(port - 2)]);
    other.close();
    expect(code).toBe(69);
    expect(out).toBe("");
    expect(err).toContain(`port ${port}, wanted for crm, is taken`);
    // What else runs on the machine may have taken a neighbour.
    const named = [...err.matchAll(/port (\d+), wanted for .*? is taken/g)].map(([, one]) => one);
    expect(named).toContain(String(port));
    expect(named).toEqual([...new Set(named)]);
    expect(err).toContain("--port 0 takes free ones");
  });

  test.each(["-1", "70000", "eighty", "80.5", ""])("refuses the port %j with what was wanted", async (port) => {
    const { code, err } = await toolgate(["demo", `--port=${port}`]);
    expect(code).toBe(2);
    expect(err).toContain("wanted a whole number from 0 to 65531");
  });
});

describe("toolgate demo token", () => {
  test("says to start the demo when no provider answers", async () => {
    const { code, err } = await toolgate(["demo", "token", "--agent", "support-bot", "--endpoint", "http://127.0.0.1:1/token"]);
    expect(code).toBe(69);
    expect(err).toBe("no identity provider answers at http://127.0.0.1:1/token; start the demo first: npx toolgate demo\n");
  });

  test.each([
    [["--agent", "nobody"], 'unknown agent "nobody", wanted one of support-bot'],
    [["--agent", "support-bot", "--user", "zoe"], 'unknown user "zoe", wanted one of ann, bob, eve, olga, ida'],
    [["--agent", "toolgate-cli", "--user", "olga"], 'unknown agent "toolgate-cli", wanted one of support-bot'],
    [["--client", "support-bot", "--user", "olga"], 'unknown client "support-bot", wanted one of toolgate-cli'],
    [["--user", "olga"], "give --agent with one of support-bot, finance-bot"],
    [["--user", "olga", "--agent", "support-bot", "--client", "toolgate-cli"], "or --client toolgate-cli"],
  ])("names what %j may be", async (flags, wanted) => {
    const { code, err } = await toolgate(["demo", "token", ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(wanted);
  });
});
