import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOpa } from "../../src/authoring/index.ts";
import { dataFile, defaultBundleLimits, readBundle, readJsonFile } from "../../src/parts/bundle/index.ts";
import { readBundleData } from "../../src/parts/catalog/index.ts";
import { root, run } from "../e2e/command.ts";

const page = readFileSync(join(root, "docs/how-to/start-without-rego.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "toolgate-tables-"));
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  env = { ...process.env, TOOLGATE_OPA: opa.value.path };
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(join(root, "bin/toolgate.cjs"), join(folder, "node_modules/.bin/toolgate"));
  for (const [, path = "", text = ""] of page.matchAll(/<!-- file: (\S+) -->\n```\w+\n(.*?)^```$/gms)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  // What pinning the demo's server writes.
  cpSync(join(root, "policies/catalog/pins/crm.json"), join(folder, "policies/catalog/pins/crm.json"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the tables of the page are checked and built without a line of Rego, and grant what the page says", async () => {
  expect(existsSync(join(folder, "policies/policy"))).toBe(false);
  const [, commands = ""] = /```sh\n(.*?)^```$/ms.exec(page) ?? [];
  const ran = await run("bash", ["-euo", "pipefail", "-c", commands], { cwd: folder, env });
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.out + ran.err).not.toMatch(/fits no|nobody holds|applies to nothing/);

  const contents = await readBundle(readFileSync(join(folder, "next.tar.gz")), defaultBundleLimits);
  const data = contents.ok ? readJsonFile(contents.value, dataFile) : contents;
  const read = data.ok ? readBundleData(data.value) : data;
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const { roles, obliged, index } = read.value;
  const names = (role: string) => Object.keys(roles[role]?.grants.crm ?? {});
  expect(names("reader")).toEqual(["get_customer", "search_customers"]);
  expect(names("desk")).toEqual(["get_customer", "search_customers", "update_customer"]);
  expect(obliged.crm?.tool?.refund?.map((one) => one.type === "budget" && one.name)).toEqual(["refunds-per-day", "calls-per-minute"]);
  expect(obliged.crm?.tool?.export_customers).toContainEqual({ type: "approve", group: "finance", ttl_s: 900, min: 2 });
  expect(index).toEqual({ crm: [], toolgate: [], _none: [] });
});
