import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { toolgateHere } from "../support/command-line.ts";
import { type Gate, signedBundle, startGate } from "../support/gate.ts";
import { operatorsClient } from "../support/gate-company.ts";
import type { Ended } from "./command.ts";

// The commands of operators against the admin API of a whole gateway.

let gate: Gate;
afterEach(() => gate.stop());

async function commands(user = "olga"): Promise<(...args: string[]) => Promise<Ended>> {
  const token = await gate.token({ user, agent: operatorsClient, groups: [] });
  const env = { ...process.env, TOOLGATE_ADMIN: gate.adminUrl, TOOLGATE_TOKEN: token };
  return (...args) => toolgateHere(args, { cwd: gate.folder, env });
}

test("a bundle goes from a file over shadow and canary to all agents, and each step shows in the status", {
  timeout: 180_000,
}, async () => {
  gate = await startGate();
  const run = await commands();
  writeFileSync(join(gate.folder, "next.tar.gz"), await signedBundle(gate.company, { sequence: 2 }, gate.key));
  const expectDone = async (...args: string[]) => {
    const { code, out, err } = await run(...args);
    expect(code, `${args.join(" ")}\n${out}${err}`).toBe(0);
    return { out, err };
  };
  expect((await expectDone("rollout", "status")).out).toContain("toolgate rollout shadow bundle.tar.gz");
  const begun = await expectDone("rollout", "shadow", "next.tar.gz", "--rollback-if", "new-denies>20", "--why", "the next one");
  expect(begun.err).toContain("staged");
  expect((await expectDone("rollout", "status")).out).toMatch(/candidate.*sequence 2.*mode +shadow.*goes back +new-denies>20.*follows/s);
  await expectDone("rollout", "canary", "--percent", "100", "--for", "30m", "--why", "looks good");
  expect((await expectDone("rollout", "status")).out).toMatch(
    /mode +canary of 100 %, 30 min left, then it waits|mode +canary of 100 %, 29 min \d+ s left/,
  );
  const promoted = await expectDone("rollout", "promote", "--why", "still good", "--json");
  expect(JSON.parse(promoted.out)).toMatchObject({ promoted: { sequence: 2, by: "operators/olga" } });
  expect((await expectDone("rollout", "status")).out).toMatch(/: r2 decides for all\n\n +promoted[^\n]*sequence 2[^\n]*by operators\/olga/);
  const again = await run("rollout", "rollback", "--why", "too late");
  expect([again.code, again.out]).toEqual([1, ""]);
  expect(again.err).toContain("rollout.promoted");
});

test("who has not the role, whose bundle is broken, and whose reason is none is told so, and nothing happens", {
  timeout: 180_000,
}, async () => {
  gate = await startGate();
  const before = gate.started.built.parts.operations.current().version;
  const vera = await (await commands("vera"))("quarantine", "add", "agent", "desk-bot", "--why", "w");
  expect(vera.code).toBe(69);
  expect(vera.err).toContain('a token of an operator with the role "operator"');
  const eve = await (await commands("eve"))("rollout", "status");
  expect([eve.code, eve.err]).toMatchObject([69, expect.stringContaining("operator.unknown")]);
  const run = await commands();
  writeFileSync(join(gate.folder, "broken.tar.gz"), "nothing of a bundle");
  const broken = await run("rollout", "shadow", "broken.tar.gz", "--why", "w");
  expect(broken.code, broken.err).toBe(65);
  const empty = await run("quarantine", "add", "agent", "desk-bot", "--why", "");
  expect([empty.code, empty.err]).toMatchObject([65, expect.stringContaining("reason")]);
  const unknown = await run("quarantine", "add", "tool", "desk.nothing", "--why", "w");
  expect(unknown.code, unknown.err).toBe(1);
  expect(gate.started.built.parts.operations.current().version).toBe(before);
});
