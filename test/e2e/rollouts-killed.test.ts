import { readFileSync, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Gate, house, signedBundle, startGate, told } from "../support/gate.ts";

let gate: Gate | undefined;
afterEach(() => gate?.stop());

test("a gateway that is killed the moment its promotion is on disk comes up with what was promoted, although its file is older", {
  timeout: 120_000,
}, async () => {
  const own = await startGate({ process: "child" });
  gate = own;
  const { body } = await own.admin("POST", "/bundles", { body: await signedBundle(house, { sequence: 2 }, own.key) });
  const canary = { steps: [{ mode: "canary", percent: 100 }], digest: body.digest, why: "try" };
  expect((await own.admin("POST", "/rollout", { body: canary })).status).toBe(200);
  const [line = ""] = await readdir(join(own.dataDir, "operations"));
  const folder = join(own.dataDir, "operations", line);
  const promoted = () => JSON.parse(readFileSync(join(folder, "state.json"), "utf8")).state.promoted.sequence;
  const watcher = watch(folder, () => {
    if (promoted() === 2) own.signal("SIGKILL");
  });
  // Killed before its answer, or right after.
  await own.admin("POST", "/rollout/promote", { body: { why: "good" } }).catch(() => undefined);
  expect(await own.ended).toBe("SIGKILL");
  watcher.close();

  await own.restart({ process: "here" });
  expect(promoted()).toBe(2);
  const before = own.servers.desk?.calls.length ?? 0;
  expect(told(await own.call("desk__echo", {})).effect).toBe("allow");
  expect(own.servers.desk?.calls.length).toBe(before + 1);
  expect((await own.records()).findLast(({ kind }) => kind === "intent")?.bundle).toMatchObject({ sequence: 2 });
  const { state } = (await own.admin("GET", "/status")).body;
  expect(state).toMatchObject({ promoted: { sequence: 2 } });
  expect(state).not.toHaveProperty("rollout");
  expect((await own.readyz()).status).toBe(200);
  expect(await own.verify()).toMatchObject({ ok: true });
  expect(await own.offer(await signedBundle(house, { sequence: 3 }, own.key))).toEqual({ activated: true });
});
