import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOpa } from "../../../src/authoring/index.ts";
import { fixture } from "../../authoring/bundle/tools.ts";
import { launcher, run } from "../../e2e/command.ts";

let env: NodeJS.ProcessEnv;
const folder = mkdtempSync(join(tmpdir(), "toolgate-reproducible-"));
beforeAll(async () => {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  env = { ...process.env, TOOLGATE_OPA: opa.value.path };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Place {
  readonly name: string;
  readonly zone: string;
  readonly locale: string;
  readonly umask: string;
  /** Of every file, in Unix seconds. */
  readonly mtime: number;
  readonly mode: number;
  /** Whether the files are made in the opposite order, so that the folder lists them in another. */
  readonly backwards: boolean;
}

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(root, name)).isFile());
}

/** The bundle that the command makes of the same sources in that place. */
async function builtIn({ name, zone, locale, umask, mtime, mode, backwards }: Place): Promise<Buffer> {
  const policies = join(folder, name, "policies");
  const files = filesBelow(fixture).toSorted();
  for (const file of backwards ? files.toReversed() : files) {
    const to = join(policies, file);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(fixture, file), to);
    chmodSync(to, mode);
    utimesSync(to, mtime, mtime);
  }
  const place = ["--name", "sample", "--environment", "test", "--revision", "r1", "--sequence", "1", "--expires", "2027-01-01T00:00:00Z"];
  const from = join(folder, name);
  const args = [launcher, "bundle", "build", relative(from, policies), "--out", "out.tar.gz", ...place];
  const built = await run("bash", ["-c", `umask ${umask}; exec "$0" "$@"`, process.execPath, ...args], {
    cwd: from,
    env: { ...env, TZ: zone, LANG: locale, LC_ALL: locale },
  });
  expect(built.code, built.err).toBe(0);
  return readFileSync(join(from, "out.tar.gz"));
}

test("the same sources are the same bundle to the byte, wherever, whenever and by whomever it is built", async () => {
  const here = { name: "one", zone: "UTC", locale: "C", umask: "022", mtime: 1_000_000_000, mode: 0o644, backwards: false };
  const there = {
    name: "quite another/place",
    zone: "Asia/Kolkata",
    locale: "tr_TR.UTF-8",
    umask: "077",
    mtime: 1_750_000_000,
    mode: 0o600,
    backwards: true,
  };
  const [one, two] = [await builtIn(here), await builtIn(there)];
  expect(one.length).toBeGreaterThan(1000);
  expect(two.equals(one)).toBe(true);
}, 120_000);
