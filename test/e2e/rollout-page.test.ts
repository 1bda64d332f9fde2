import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { readConfig } from "../../src/app/index.ts";
import { blocksOf, literally } from "../docs/blocks.ts";
import { type Gate, signedBundle, startGate } from "../support/gate.ts";
import { operatorsClient } from "../support/gate-company.ts";
import { root, run } from "./command.ts";

// The page on rollouts, run against a gate in the order in which a reader would.

const blocks = blocksOf("docs/how-to/roll-out-a-bundle.md");
const folder = mkdtempSync(join(tmpdir(), "toolgate-rollout-"));
let gate: Gate;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  gate = await startGate();
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(root, "bin/toolgate.cjs"), join(folder, "node_modules/.bin/toolgate"));
  writeFileSync(join(folder, "next.tar.gz"), await signedBundle(gate.company, { sequence: 2 }, gate.key));
  const token = await gate.token({ user: "olga", agent: operatorsClient, groups: [] });
  env = { ...process.env, TOOLGATE_ADMIN: gate.adminUrl, TOOLGATE_TOKEN: token };
}, 60_000);
afterAll(async () => {
  await gate.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the page on rollouts", () => {
  test("shows what each command says, and the gate decides accordingly", { timeout: 240_000 }, async () => {
    const decidedBy: unknown[] = [];
    for (const [at, { language, note, text }] of blocks.entries()) {
      if (language !== "sh" || note.startsWith("not run here")) continue;
      const { code, out, err } = await run("bash", ["-euo", "pipefail", "-c", text], { cwd: folder, env });
      expect(code, `${text}\n${out}${err}`).toBe(note === "ends with 1" ? 1 : 0);
      const shown = blocks[at + 1];
      expect(shown?.language).toBe("text");
      for (const line of shown?.text.trim().split("\n") ?? []) expect(`${out}${err}`).toMatch(pattern(line));
      await gate.call("desk__echo", {});
      const outcomes = (await gate.records()).filter(({ kind }) => kind === "outcome");
      decidedBy.push(outcomes.at(-1)?.bundle?.sequence);
    }
    // Shadow, canary, back, promoted, and promoted still.
    expect(decidedBy).toEqual([1, 2, 1, 2, 2]);
  });

  test("shows a plan that the gateway reads", async () => {
    const [part] = blocks.filter(({ note }) => note === "a part of toolgate.yaml");
    const config = join(folder, "toolgate.yaml");
    const small = blocksOf("docs/configuration.md").find(({ language }) => language === "yaml");
    writeFileSync(config, stringify({ ...parse(small?.text ?? ""), ...parse(part?.text ?? "") }));
    expect(await readConfig(config)).toMatchObject({ ok: true, value: { rollout: { new_bundles: "plan" } } });
  });
});

/** `…` stands for anything on that line, blanks for any number of blanks. */
function pattern(line: string): RegExp {
  const words = (part: string) => part.trim().split(/\s+/).map(literally).join("\\s+");
  return new RegExp(line.split("…").map(words).join(".*"), "i");
}
