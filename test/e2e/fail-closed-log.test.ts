import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { verifyLog } from "../../src/parts/decisions/index.ts";
import { type Company, type Gate, type GateOptions, type LogRecord, startGate, told } from "../support/gate.ts";
import { breakLog, callUntil, logIsDown, mendLog } from "../support/gate-log.ts";

let gate: Gate;
let mounted: string | undefined;
afterEach(async () => {
  await gate?.stop();
  if (mounted !== undefined) execFileSync("umount", [mounted]);
  mounted = undefined;
});

const small = { log: { segment_mb: 1 } };
const company: Company = {
  servers: { desk: { tools: { echo: {}, order: { facts: { effects: ["pay"], idempotent: false } } } } },
  budgets: { "orders-per-day": { unit: "calls", limit: 1, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] } },
  policies: { orders: 'oblige contains {"type": "budget", "name": "orders-per-day", "cost": 1} if input.tool.name == "order"' },
};

const kinds = (records: readonly LogRecord[], kind: string) => records.filter((record) => record.kind === kind);

/** Everything that the server saw was on record before it was sent. */
async function expectNothingUnrecorded(): Promise<void> {
  const intents = kinds(await gate.records(), "intent").length;
  expect(gate.servers.desk?.calls.length ?? 0).toBeLessThanOrEqual(intents);
}

describe("while the log's folder cannot be written", () => {
  for (const era of ["session", "stateless"] as const) {
    test(`calls and lists are refused and the server sees nothing; when it is back they work (${era})`, async () => {
      gate = await startGate({ company, config: small });
      const token = await gate.token();
      expect(told(await gate.call("desk__echo", {}, { token, era })).effect).toBe("allow");
      const ids = await breakLog(gate);

      const seen = gate.servers.desk?.calls.length;
      for (const tool of ["desk__echo", "desk__order"]) {
        const answer = await gate.call(tool, {}, { token, era });
        expect(answer).toMatchObject({ status: 200, message: { jsonrpc: "2.0", result: { isError: true } } });
        expect(told(answer)).toMatchObject({ effect: "deny", codes: ["gateway.log_unavailable"] });
      }
      const unknown = await gate.call("desk__nothing", {}, { token, era });
      expect(told(unknown).codes).toEqual(["gateway.log_unavailable"]);
      const list = await gate.client.ask("tools/list", {}, { token, era });
      expect(told(list)).toMatchObject({ effect: "deny", codes: ["gateway.log_unavailable"] });
      expect(gate.servers.desk?.calls.length).toBe(seen);
      expect(await gate.readyz()).toMatchObject({ status: 503, body: { parts: { log: { ok: false } } } });

      await mendLog(gate);
      // What was refused for the log held nothing: the one order of the day is still there.
      expect(told(await gate.call("desk__order", {}, { token, era })).effect).toBe("allow");
      expect(await gate.readyz()).toMatchObject({ status: 200 });
      const gap = kinds(await gate.records(), "gap");
      expect(gap).toHaveLength(1);
      expect(gap[0]).toMatchObject({ refused: expect.any(Number), error: expect.stringContaining("ENOTDIR") });
      await expectNothingUnrecorded();
      expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: ids.length, ids } } });
    });
  }

  test("a call that was sent before is answered with gateway.outcome_unrecorded, and is charged", async () => {
    const held = Promise.withResolvers<void>();
    gate = await startGate({ company, config: small, servers: { desk: { answers: { order: { kind: "held", until: held.promise } } } } });
    const token = await gate.token();
    const order = gate.call("desk__order", { item: "pen" }, { token });
    await gate.servers.desk?.when(() => gate.servers.desk?.calls.length === 1);
    const others = await breakLog(gate);
    held.resolve();
    const answer = await order;
    expect(answer).toMatchObject({ status: 200, message: { result: { isError: true } } });
    expect(told(answer)).toMatchObject({ effect: "deny", codes: ["gateway.outcome_unrecorded"] });
    expect(answer.text).not.toContain("pen");

    await mendLog(gate);
    expect(told(await gate.call("desk__order", {}, { token })).codes).toEqual(["budget.exhausted"]);
    expect(gate.servers.desk?.calls.filter(({ tool }) => tool === "order")).toHaveLength(1);
    const intent = kinds(await gate.records(), "intent").find(({ target }) => target === "desk.order");
    expect(intent?.id).toBe(told(answer).decisionId);
    expect(await gate.verify()).toMatchObject({
      ok: true,
      pairs: { withoutOutcome: { count: 1 + others.length, ids: [intent?.id, ...others] } },
    });

    // The next start closes it, and the budget is still spent.
    await gate.restart();
    expect(kinds(await gate.records(), "outcome").findLast(({ id }) => id === intent?.id)).toMatchObject({ aborted: true });
    expect(told(await gate.call("desk__order", {}, { token })).codes).toEqual(["budget.exhausted"]);
    expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 }, aborted: 1 + others.length } });
  });

  test("a gate does not start where its log cannot be, and says so", async () => {
    gate = await startGate({ company, process: "child" });
    gate.signal("SIGTERM");
    expect(await gate.ended).toBe(0);
    await rm(join(gate.dataDir, "log"), { recursive: true });
    await writeFile(join(gate.dataDir, "log"), "");
    await expect(gate.restart()).rejects.toThrow(/cannot go on: .*data.log/);
  });

  test("a second gate on the same data does not start", async () => {
    gate = await startGate({ company, process: "child" });
    const other = startGate({ company, process: "child", config: { data_dir: gate.dataDir } });
    await expect(other).rejects.toThrow(/cannot start/);
    expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  });
});

test("a process that reaches its file size limit refuses for as long as it cannot write, then goes on in a new segment", async () => {
  // In units of 1024 bytes, well above what else the gate writes.
  gate = await startGate({ company, process: { before: "ulimit -f 700" } });
  const refused = (await callUntil(gate, logIsDown)).at(-1);
  expect(refused).toMatchObject({ status: 200, message: { jsonrpc: "2.0", result: { isError: true } } });
  await gate.logged((line) => line.msg === "the decision log takes records again");
  expect(told(await gate.call("desk__echo", {})).effect).toBe("allow");
  expect(kinds(await gate.records(), "gap")[0]).toMatchObject({ error: expect.stringContaining("EFBIG") });
  await expectNothingUnrecorded();
  expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
});

const mountable = canMount();

/** A file system of its own for the data of a gate. */
function mountFor(size: string): string {
  const folder = mkdtempSync(join(tmpdir(), "toolgate-mount-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  mounted = folder;
  return folder;
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "toolgate-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Where mounts are not permitted, the file size limit and the folder that is taken away above test the same refusals.
describe.skipIf(!mountable)(`on a file system of its own${mountable ? "" : " (left out: this user may not mount)"}`, () => {
  const start = (folder: string, options: GateOptions = {}) =>
    startGate({ company, process: "child", ...options, config: { ...options.config, data_dir: join(folder, "data") } });

  test("a full disk refuses, and with room again it goes on by itself", async () => {
    const folder = mountFor("3m");
    writeFileSync(join(folder, "ballast"), Buffer.alloc(1_000_000));
    gate = await start(folder);
    await callUntil(gate, logIsDown);
    // What little room is left.
    execFileSync("bash", ["-c", `cat /dev/zero > ${join(folder, "rest")} || true`], { stdio: "ignore" });
    const seen = gate.servers.desk?.calls.length;
    const token = await gate.token();
    const call = async (bytes: number) => told(await gate.call("desk__echo", { pad: "x".repeat(bytes) }, { token }));
    expect(await call(9_000)).toMatchObject({ codes: ["gateway.log_unavailable"] });
    expect(gate.servers.desk?.calls.length).toBe(seen);
    expect((await gate.readyz()).status).toBe(503);

    for (const name of ["ballast", "rest"]) rmSync(join(folder, name));
    await expect.poll(() => call(9_000), { timeout: 10_000 }).toMatchObject({ effect: "allow" });
    expect(await verifyLog(join(folder, "data", "log"))).toMatchObject({ ok: true });
  });

  test("nothing starts on a read-only folder, and it says so", async () => {
    const folder = mountFor("8m");
    mkdirSync(join(folder, "data"));
    execFileSync("mount", ["-o", "remount,ro", folder]);
    await expect(start(folder)).rejects.toThrow(/cannot go on: .*read-only/);
  });
});
