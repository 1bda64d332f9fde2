import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readKeyring } from "../../../src/parts/bundle/index.ts";
import { toolgate } from "../../e2e/command.ts";

// Each starts a process of its own.
vi.setConfig({ testTimeout: 120_000 });

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "toolgate-keygen-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keygen = (...more: readonly string[]) =>
  toolgate(["bundle", "keygen", "--out", "key.pem", "--keyring", "keyring.json", "--kid", "release-1", ...more], { cwd: folder });

test.each(["ES256", "ES384", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])(
  "a pair for %s: a private key for its owner alone, and a keyring that reads",
  async (algorithm) => {
    const made = await keygen("--algorithm", algorithm, "--owner", "security team");
    expect(made.code, made.err).toBe(0);
    expect(statSync(join(folder, "key.pem")).mode & 0o777).toBe(0o600);
    const keyring = readKeyring(readFileSync(join(folder, "keyring.json"), "utf8"));
    expect(keyring.ok && keyring.value.keys.get("release-1")).toMatchObject({ algorithm, owner: "security team", revoked: false });
    const secret = readFileSync(join(folder, "key.pem"), "utf8");
    expect(secret).toContain("BEGIN PRIVATE KEY");
    expect(made.out + made.err + readFileSync(join(folder, "keyring.json"), "utf8")).not.toContain(secret.split("\n")[1]);
  },
);

test("neither file is overwritten, and the other is not left behind", async () => {
  writeFileSync(join(folder, "keyring.json"), "mine");
  const refused = await keygen();
  expect(refused.code).toBe(69);
  expect(refused.err).toContain('"keyring.json" is there already');
  expect(readdirSync(folder)).toEqual(["keyring.json"]);
  expect(readFileSync(join(folder, "keyring.json"), "utf8")).toBe("mine");
  rmSync(join(folder, "keyring.json"));
  writeFileSync(join(folder, "key.pem"), "only copy");
  expect((await keygen("--json")).out).toContain('"ok":false');
  expect(readFileSync(join(folder, "key.pem"), "utf8")).toBe("only copy");
  expect(readdirSync(folder)).toEqual(["key.pem"]);
});

test("a key id with a blank, and an algorithm that verifiers could sign with, are a wrong command line", async () => {
  expect((await keygen("--kid", "release 1")).code).toBe(2);
  expect((await keygen("--algorithm", "HS256")).code).toBe(2);
  expect(readdirSync(folder)).toEqual([]);
});
