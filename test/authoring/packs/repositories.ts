import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { addPack, initRepository, type Pack, readPacks, testPolicies } from "../../../src/authoring/index.ts";
import { formatMistakes } from "../../../src/core/mistakes.ts";
import { needOpa } from "../bundle/tools.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
export const now = Date.parse("2026-01-07T09:00:00Z");

const folders: string[] = [];

export async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-packs-"));
  folders.push(folder);
  return folder;
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** The policies of a repository that was just made. */
export async function freshPolicies(): Promise<string> {
  const folder = await temporary();
  const made = await initRepository({ folder, name: "company", environment: "dev", version: "0.1.0", now });
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return join(folder, "policies");
}

/** A copy of the demo company's policies, without what is the product's. */
export async function demoPolicies(): Promise<string> {
  const folder = await temporary();
  for (const part of ["catalog", "cases", "policy", "invariants.yaml"])
    await cp(join(root, "policies", part), join(folder, part), { recursive: true });
  return folder;
}

export const packs = await readPacks();

export function packOf(id: string): Pack {
  const pack = packs.find((one) => one.id === id);
  if (pack === undefined) throw new Error(`no pack "${id}"`);
  return pack;
}

export async function add(policiesDir: string, pack: Pack, targets: readonly string[] = [], more: { readonly force?: boolean } = {}) {
  const added = await addPack({ pack, policiesDir, targets, force: more.force ?? false, now });
  if (!added.ok) throw new Error(JSON.stringify(added.error));
  return added.value;
}

/** Which targets of the two repositories a pack is switched on for in tests. */
export function targetsOf(pack: Pack): readonly string[] {
  return pack.switch.by === "servers" ? ["everything"] : ["everything.get-sum"];
}

/** Names of tests and cases by outcome; fails with all mistakes where the folder does not build. */
export async function tested(policiesDir: string) {
  const run = await testPolicies(policiesDir, { opa: await needOpa(), coverage: false, timeoutMs: 10_000 });
  if (!run.ok) throw new Error(run.error.kind === "mistakes" ? formatMistakes(run.error.mistakes) : run.error.detail);
  const { results, notes } = run.value;
  return {
    notes,
    failed: results.filter(({ outcome }) => outcome !== "passed").map(({ name, failures }) => ({ name, failures })),
    tests: results.filter(({ suite }) => suite === "rego").length,
    cases: results.filter(({ suite }) => suite === "case").map(({ name }) => name),
  };
}
