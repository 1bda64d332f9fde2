import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOpa, runOpa } from "../../../src/authoring/index.ts";
import { temporaryFolder } from "./tools.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await script("old/opa", "echo 'Version: 0.70.0'");
  await script("new/opa", 'if [ "$1" = version ]; then echo "Version: 1.22.0"; else echo "$@"; echo bad >&2; exit 3; fi');
  await script("fake-go/go", `mkdir -p "$GOBIN"; printf '#!/bin/sh\\necho "Version: 1.22.0"\\n' > "$GOBIN/opa"; chmod +x "$GOBIN/opa"`);
  await script("no-go/go", "echo 'no network' >&2; exit 1");
});
afterAll(() => rm(folder, { recursive: true }));

async function script(name: string, body: string): Promise<void> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
}

const paths = (...names: readonly string[]) => [...names.map((name) => join(folder, name)), "/bin", "/usr/bin"].join(delimiter);

describe("OPA", () => {
  it("is the one that TOOLGATE_OPA names, before PATH", async () => {
    const configured = join(folder, "new", "opa");
    expect(await findOpa({ env: { TOOLGATE_OPA: configured, PATH: "" } })).toEqual({
      ok: true,
      value: { path: configured, version: "1.22.0" },
    });
  });

  it("that TOOLGATE_OPA names and that does not work is a mistake, never replaced by another one", async () => {
    for (const name of ["missing", "old/opa"]) {
      const opa = await findOpa({ env: { TOOLGATE_OPA: join(folder, name), PATH: paths("new") } });
      expect(!opa.ok && opa.error).toContain("TOOLGATE_OPA");
    }
  });

  it("of an older major version in PATH is passed over", async () => {
    const opa = await findOpa({ env: { PATH: paths("old", "new") } });
    expect(opa.ok && opa.value.path).toBe(join(folder, "new", "opa"));
  });

  it("is never taken from a relative entry of PATH", async () => {
    const opa = await findOpa({ env: { PATH: ["", ".", "new"].join(delimiter) } });
    expect(opa.ok).toBe(false);
  });

  it("is installed only where that is allowed, and found there the next time", async () => {
    const env = { PATH: paths("fake-go") };
    const opa = await findOpa({ env });
    expect(!opa.ok && opa.error).toContain("install OPA 1.22.0");
    const installInto = join(folder, "cache", "bin");
    const installed = { ok: true, value: { path: join(installInto, "opa"), version: "1.22.0" } };
    expect(await findOpa({ env, installInto })).toEqual(installed);
    expect(await findOpa({ env: { PATH: "" }, installInto })).toEqual(installed);
  });

  it("that cannot be installed is told with the reason", async () => {
    const opa = await findOpa({ env: { PATH: paths("no-go") }, installInto: join(folder, "empty") });
    expect(!opa.ok && opa.error).toContain("no network");
  });

  it("runs with exactly its arguments, and its failure is an exit code", async () => {
    const output = await runOpa({ path: join(folder, "new", "opa"), version: "1.22.0" }, ["eval", "a b; c"], folder);
    expect(output).toEqual({ code: 3, stdout: "eval a b; c\n", stderr: "bad\n" });
  });
});
