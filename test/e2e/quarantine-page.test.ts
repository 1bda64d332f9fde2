import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf, literally } from "../docs/blocks.ts";
import { type Gate, startGate, told } from "../support/gate.ts";
import { operatorsClient } from "../support/gate-company.ts";
import { root, run } from "./command.ts";

// The page on quarantine, run against a gate in the order in which a reader would.

const folder = mkdtempSync(join(tmpdir(), "toolgate-quarantine-"));
let gate: Gate;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  gate = await startGate();
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(root, "bin/toolgate.cjs"), join(folder, "node_modules/.bin/toolgate"));
  const token = await gate.token({ user: "olga", agent: operatorsClient, groups: [] });
  env = { ...process.env, TOOLGATE_ADMIN: gate.adminUrl, TOOLGATE_TOKEN: token };
});
afterAll(async () => {
  await gate.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("each command of the page does what the page shows, and the gate refuses and allows accordingly", { timeout: 180_000 }, async () => {
  const blocks = blocksOf("docs/how-to/quarantine.md");
  const codes: (readonly string[])[] = [];
  for (const [at, { language, note, text }] of blocks.entries()) {
    if (language !== "sh" || note.startsWith("not run here")) continue;
    if (note.startsWith("id:")) env.ID = (await gate.started.built.parts.operations.current()).quarantine[0]?.id;
    const { code, out, err } = await run("bash", ["-euo", "pipefail", "-c", text], { cwd: folder, env });
    expect(code, `${text}\n${out}${err}`).toBe(0);
    const shown = blocks[at + 1];
    for (const line of shown?.language === "text" ? shown.text.trim().split("\n") : []) expect(out).toMatch(pattern(line));
    codes.push(told(await gate.call("desk__echo", {})).codes);
  }
  expect(codes).toEqual([["agent.quarantined"], ["agent.quarantined"], []]);
  expect(told(await gate.call("desk__order", { item: "pen" })).codes).toEqual(["tool.quarantined"]);
  expect(gate.servers.desk?.calls).toHaveLength(1);
  const acts = (await gate.records()).filter(({ kind }) => kind === "operator");
  expect(JSON.stringify(acts)).toContain("calls at night, INC-12");
});

/** `…` stands for anything on that line, blanks for any number of blanks. */
function pattern(line: string): RegExp {
  const words = (part: string) => part.trim().split(/\s+/).map(literally).join("\\s+");
  return new RegExp(line.split("…").map(words).join(".*"));
}
