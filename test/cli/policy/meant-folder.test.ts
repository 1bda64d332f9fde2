import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOpa } from "../../../src/authoring/opa.ts";
import { root, toolgate } from "../../e2e/command.ts";

let repository = "";
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), "toolgate-meant-"));
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  env = { ...process.env, TOOLGATE_OPA: opa.value.path };
  await cp(join(root, "policies/catalog"), join(repository, "policies/catalog"), { recursive: true });
  // What is no policies folder, and what is never one.
  await mkdir(join(repository, "docs"));
  await mkdir(join(repository, "node_modules/toolgate/catalog"), { recursive: true });
  await writeFile(join(repository, "node_modules/toolgate/catalog/servers.yaml"), "version: 1\n");
});
afterAll(() => rm(repository, { recursive: true }));

const bundle = ["--out", "x.tar.gz", "--name", "x", "--revision", "x", "--sequence", "1", "--expires", "2030-01-01T00:00:00Z"];

test.each([
  [["policy", "check", "."], 65],
  [["policy", "test", "."], 65],
  [["policy", "bench", "."], 65],
  [["policy", "matrix", "."], 65],
  [["policy", "diff", ".", "."], 65],
  [["policy", "prove", "."], 69],
  [["policy", "add", "read-only", "--policies", "."], 69],
  [["bundle", "build", ".", "--environment", "demo", ...bundle], 65],
  [["catalog", "lint", "crm", "--policies", "."], 65],
  [["dev", ".", "--once"], 65],
] as const)("toolgate %j in a repository names the folder of its policies", async (args, code) => {
  const ran = await toolgate(args, { cwd: repository, env });
  expect({ ...ran, code: ran.code }, ran.out + ran.err).toMatchObject({ code });
  expect(ran.out + ran.err).toContain('did you mean "policies"?');
  expect(ran.out + ran.err).not.toContain("node_modules");
});

test("of several folders with tables each is named, and without any none is guessed", async () => {
  await cp(join(repository, "policies/catalog"), join(repository, "more/catalog"), { recursive: true });
  const several = await toolgate(["policy", "matrix", "."], { cwd: repository, env });
  expect(several.err).toContain('did you mean "more" or "policies"?');
  const none = await toolgate(["policy", "matrix", "docs"], { cwd: repository, env });
  expect(none.err).toContain("catalog/servers.yaml has 1 mistake.");
  expect(none.err).not.toContain("did you mean");
});
