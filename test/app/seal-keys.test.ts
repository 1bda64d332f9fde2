import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Config, configSchema } from "../../src/app/config.ts";
import { openDataDirectory } from "../../src/app/data-directory.ts";
import { sealKeysOf } from "../../src/app/seal-keys.ts";
import { randomIds } from "../../src/core/ids.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { aeadSealer, type Sealer } from "../../src/platform/sealer.ts";

const NOW = 1_700_000_000_000;
const long = "0123456789abcdef0123456789abcdef";
const surroundings = {
  clock: systemClock,
  ids: randomIds(),
  logger: silentLogger,
  version: "0",
  environment: { LONG: long, OTHER: `${long}!`, SHORT: "short" },
};

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "toolgate-seals-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

function config(over: object): Config {
  return configSchema.parse({
    version: 1,
    data_dir: "/nowhere",
    public_url: "https://gate.example.com",
    bundle: { file: "b", keyring: "k", name: "n", environment: "test" },
    issuers: [{ issuer: "https://login.example.com", audience: "https://gate.example.com" }],
    secrets: { now: { env: "LONG" }, before: { env: "OTHER" }, short: { env: "SHORT" }, unset: { env: "UNSET" } },
    ...over,
  });
}

async function sealer(over: object, data: string): Promise<Sealer> {
  const keys = await sealKeysOf(config(over), surroundings, await openDataDirectory(data), undefined);
  if (!keys.ok) throw new Error(keys.error.detail);
  return aeadSealer(keys.value.current);
}

test("without redis and without a secret the key lies in the data directory, readable by its owner alone, and stays", async () => {
  const data = await folder();
  const text = (await sealer({}, data)).seal("state", { n: 1 }, NOW + 1);
  expect((await sealer({}, data)).open("state", text, NOW)).toMatchObject({ ok: true, value: { n: 1 } });
  expect((await stat(join(data, "seal.key"))).mode & 0o777).toBe(0o600);
  expect((await sealer({}, await folder())).open("state", text, NOW)).toEqual({ ok: false, error: "forged" });
});

test("a data directory whose key was cut short is refused, not begun anew", async () => {
  const data = await folder();
  await openDataDirectory(data);
  await writeFile(join(data, "seal.key"), "short");
  await expect(sealer({}, data)).rejects.toThrow('seal.key" holds 5 bytes');
});

test("gateways with the same secret open each other's seals, and a new secret still opens what the one before sealed", async () => {
  const text = (await sealer({ sealing: { secret: "before" } }, await folder())).seal("state", {}, NOW + 1);
  expect((await sealer({ sealing: { secret: "before" } }, await folder())).open("state", text, NOW)).toMatchObject({ ok: true });
  expect((await sealer({ sealing: { secret: "now", previous: ["before"] } }, await folder())).open("state", text, NOW)).toMatchObject({
    ok: true,
  });
  expect((await sealer({ sealing: { secret: "now" } }, await folder())).open("state", text, NOW)).toEqual({ ok: false, error: "forged" });
});

test("no key file is made where a secret is named", async () => {
  const data = await folder();
  await sealer({ sealing: { secret: "now" } }, data);
  await expect(stat(join(data, "seal.key"))).rejects.toThrow("ENOENT");
});

test("a secret that is missing or can be guessed is told, without its value", async () => {
  const data = await openDataDirectory(await folder());
  const of = async (secret: string) => await sealKeysOf(config({ sealing: { secret } }), surroundings, data, undefined);
  expect(await of("unset")).toEqual({
    ok: false,
    error: { detail: 'sealing: the secret "unset" is missing: the environment variable "UNSET" is not set' },
  });
  const short = await of("short");
  expect(short).toMatchObject({
    ok: false,
    error: { detail: expect.stringContaining('the secret "short" has 5 characters, wanted 32 or more') },
  });
});

test("a secret that the configuration does not name is a mistake of the configuration", () => {
  const parsed = (sealing: object) => () => config({ sealing });
  expect(parsed({ secret: "nobody" })).toThrow("wanted a name of `secrets`");
  expect(parsed({ secret: "now", previous: ["nobody"] })).toThrow("wanted a name of `secrets`");
  expect(parsed({ secret: "now", previous: ["before"] })).not.toThrow();
});
