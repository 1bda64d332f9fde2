import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Child, startChild } from "../../src/platform/child-process.ts";

interface Run {
  readonly child: Child;
  readonly lines: string[];
  readonly long: [string, string][];
  readonly exit: Promise<string>;
  /** Resolves with the first lines once there are so many. */
  until(count: number): Promise<string[]>;
}

function run(script: string, maxLineBytes = 1_000): Run {
  const lines: string[] = [];
  const long: [string, string][] = [];
  const exit = Promise.withResolvers<string>();
  let look = () => {};
  const child = startChild({
    executable: process.execPath,
    args: ["-e", script],
    cwd: "/",
    maxLineBytes,
    onLine: (line) => {
      lines.push(line);
      look();
    },
    onLongLine: (head, tail) => long.push([head, tail]),
    onError: () => {},
    onExit: exit.resolve,
  });
  const until = (count: number) =>
    new Promise<string[]>((resolve) => {
      look = () => {
        if (lines.length >= count) resolve(lines.slice(0, count));
      };
      look();
    });
  return { child, lines, long, exit: exit.promise, until };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that nobody reaped yet has ended all the same.
    return !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

describe("a child process", () => {
  it("gets lines and gives lines, whole ones, however they are cut on the way", async () => {
    const { child, until, exit } = run(
      `process.stdin.on("data", (d) => process.stdout.write(d)); process.stdin.on("end", () => process.exit(0))`,
    );
    const sent = ["one", "zwei ü €", "x".repeat(900), "{}"];
    for (const line of sent) child.writeLine(line);
    expect(await until(sent.length)).toEqual(sent);
    await child.stop(5_000);
    await exit;
  });

  it("that writes a line longer than allowed gives its two ends, and the next line again", async () => {
    const { lines, long, exit } = run(`console.log("HEAD" + "x".repeat(5000) + "TAIL"); console.log("next")`);
    expect(await exit).toBe("ended with code 0");
    expect(long).toHaveLength(1);
    expect(long[0]?.[0]).toMatch(/^HEADx+$/);
    expect(long[0]?.[1]).toMatch(/^x+TAIL$/);
    expect(lines).toEqual(["next"]);
  });

  it("that writes bytes which are not UTF-8 gives no line for them", async () => {
    const { lines, exit } = run(`process.stdout.write(Buffer.from([0x22, 0xff, 0x22, 10])); console.log("next")`);
    await exit;
    expect(lines).toEqual(["next"]);
  });

  it("ends with everything that it started", async () => {
    const script = `const c = require("child_process").spawn(process.execPath, ["-e", \`process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log(process.pid)\`], { stdio: "inherit" });
      process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)`;
    const { child, until, exit } = run(script);
    const grandchild = Number((await until(1))[0]);
    expect(isRunning(grandchild)).toBe(true);
    await child.stop(5_000);
    await exit;
    await gone(grandchild);
  });

  it("that cannot be started says so", async () => {
    const exit = Promise.withResolvers<string>();
    const quiet = () => {};
    startChild({
      executable: "/nowhere",
      args: [],
      cwd: "/",
      maxLineBytes: 9,
      onLine: quiet,
      onLongLine: quiet,
      onError: quiet,
      onExit: exit.resolve,
    });
    expect(await exit.promise).toMatch(/^could not be started: .*ENOENT/);
  });
});

/** Nobody tells when a process of another parent has ended. */
async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
}
