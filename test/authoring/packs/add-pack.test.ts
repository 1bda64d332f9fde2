import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { addPack } from "../../../src/authoring/index.ts";
import { add, freshPolicies, now, packOf, temporary } from "./repositories.ts";

const readOnly = packOf("read-only");
const textOf = (policies: string, file: string) => readFileSync(join(policies, file), "utf8");
const filesOf = (policies: string) => readdirSync(policies, { recursive: true }).map(String).sort();

test("a pack is copied, and its table stands behind what was there, with every comment", async () => {
  const policies = await freshPolicies();
  const mine = `version: 1
# suspended by hand
custom:
  suspended: [leaky]   # since May

  # the desk
  desk:
    open: yes
# the end
`;
  writeFileSync(join(policies, "catalog/custom.yaml"), mine);
  const added = await add(policies, readOnly, ["everything"]);
  expect(added.written).toEqual([
    "cases/read_only_everything.yaml",
    "catalog/custom.yaml",
    "policy/read_only.rego",
    "policy/read_only_test.rego",
  ]);
  expect(added.entries).toEqual(["custom: read_only", "custom.read_only.servers: everything"]);
  const text = textOf(policies, "catalog/custom.yaml");
  for (const line of mine.split("\n")) expect(text).toContain(line);
  expect(text).toContain("# Servers of which nothing is changed (pack read-only).");
  expect(parse(text).custom).toEqual({
    suspended: ["leaky"],
    desk: { open: "yes" },
    read_only: { servers: { "*": false, everything: true }, except: {} },
  });
});

test("the same again changes nothing", async () => {
  const policies = await freshPolicies();
  await add(policies, readOnly, ["everything"]);
  const before = filesOf(policies).map((file) => [file, file.includes(".") ? textOf(policies, file) : ""]);
  const again = await add(policies, readOnly, ["everything"]);
  expect(again.written).toEqual([]);
  expect(again.entries).toEqual([]);
  expect(filesOf(policies).map((file) => [file, file.includes(".") ? textOf(policies, file) : ""])).toEqual(before);
});

test("another server is switched on beside the first", async () => {
  const policies = await freshPolicies();
  await add(policies, readOnly);
  expect(parse(textOf(policies, "catalog/custom.yaml")).custom.read_only.servers).toEqual({ "*": false });
  await add(policies, readOnly, ["everything", "*"]);
  expect(parse(textOf(policies, "catalog/custom.yaml")).custom.read_only.servers).toEqual({ "*": true, everything: true });
});

test("a rule that its author changed is not overwritten, and nothing else is written either", async () => {
  const policies = await freshPolicies();
  writeFileSync(join(policies, "policy/read_only.rego"), `${readOnly.modules.get("policy/read_only.rego")}# mine\n`);
  const before = filesOf(policies);
  const refused = await addPack({ pack: readOnly, policiesDir: policies, targets: ["everything"], force: false, now });
  expect(refused).toEqual({
    ok: false,
    error: {
      kind: "changed",
      conflicts: [{ file: "policy/read_only.rego", detail: expect.stringMatching(/^line \d+ is "# mine", the pack has ""$/) }],
    },
  });
  expect(filesOf(policies)).toEqual(before);
  expect(parse(textOf(policies, "catalog/custom.yaml")).custom).toEqual({});
  await add(policies, readOnly, [], { force: true });
  expect(textOf(policies, "policy/read_only.rego")).not.toContain("# mine");
});

test("settings and budgets that are there stay as their author has them", async () => {
  const policies = await freshPolicies();
  const pack = packOf("spend-ceiling");
  await add(policies, pack);
  const file = join(policies, "catalog/budgets.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("limit: 100\n", "limit: 7\n"));
  await add(policies, pack, [], { force: true });
  expect(parse(readFileSync(file, "utf8")).budgets["spend-ceiling-payments-of-all"].limit).toBe(7);
});

test("a member that a pack's table has lost is added again, and nothing besides", async () => {
  const policies = await freshPolicies();
  await add(policies, packOf("argument-fences"));
  const file = join(policies, "catalog/custom.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("    hosts: {}\n", ""));
  const added = await add(policies, packOf("argument-fences"));
  expect(added.entries).toEqual(["custom: argument_fences.hosts"]);
  expect(parse(readFileSync(file, "utf8")).custom.argument_fences).toEqual({ paths: {}, amounts: {}, arguments: {}, hosts: {} });
});

test("a table of the author's own under the pack's name stands in the way, and stays", async () => {
  const policies = await freshPolicies();
  writeFileSync(join(policies, "catalog/custom.yaml"), "version: 1\ncustom: { read_only: [crm] }\n");
  const refused = await addPack({ pack: readOnly, policiesDir: policies, targets: [], force: true, now });
  expect(refused.ok).toBe(false);
  expect(textOf(policies, "catalog/custom.yaml")).toBe("version: 1\ncustom: { read_only: [crm] }\n");
  expect(filesOf(policies)).not.toContain("policy/read_only.rego");
});

test("a table in braces on one line is written anew, with what is in it", async () => {
  const policies = await freshPolicies();
  writeFileSync(join(policies, "catalog/custom.yaml"), "version: 1\ncustom: { suspended: [leaky] } # short\n");
  await add(policies, readOnly);
  expect(parse(textOf(policies, "catalog/custom.yaml")).custom).toMatchObject({ suspended: ["leaky"], read_only: { except: {} } });
});

test("a server or tool that is not in the catalog is refused with the nearest", async () => {
  const policies = await freshPolicies();
  const add1 = await addPack({ pack: readOnly, policiesDir: policies, targets: ["everthing"], force: false, now });
  expect(add1).toEqual({
    ok: false,
    error: { kind: "unknown_target", detail: 'found no server "everthing" in the catalog; did you mean "everything"?' },
  });
  const add2 = await addPack({ pack: packOf("deprecate-a-tool"), policiesDir: policies, targets: ["everything.ecko"], force: false, now });
  expect(add2.ok ? "" : add2.error).toMatchObject({ detail: expect.stringContaining('did you mean "everything.echo"?') });
});

test("a folder without tables is refused, and tables with mistakes tell them", async () => {
  const empty = await temporary();
  const none = await addPack({ pack: readOnly, policiesDir: empty, targets: [], force: false, now });
  expect(none.ok ? "" : none.error.kind).toBe("no_folder");
  const policies = await freshPolicies();
  const above = await addPack({ pack: readOnly, policiesDir: dirname(policies), targets: [], force: false, now });
  expect(above.ok ? "" : above.error).toMatchObject({ detail: expect.stringContaining(`did you mean ${JSON.stringify(policies)}?`) });
  writeFileSync(join(policies, "catalog/roles.yaml"), "version: 1\nroles: [\n");
  const broken = await addPack({ pack: readOnly, policiesDir: policies, targets: [], force: false, now });
  expect(broken.ok ? "" : broken.error.kind).toBe("mistakes");
  expect(filesOf(policies)).not.toContain("policy/read_only.rego");
});

test("a deprecated tool gets an end in 90 days, and a fenced one the arguments of its schema", async () => {
  const policies = await freshPolicies();
  rmSync(join(policies, "catalog/custom.yaml"));
  await add(policies, packOf("deprecate-a-tool"), ["everything.echo"]);
  await add(policies, packOf("argument-fences"), ["everything.get-sum"]);
  const { custom } = parse(textOf(policies, "catalog/custom.yaml"));
  expect(custom.deprecate_a_tool.tools).toEqual({ "everything.echo": { ends: "2026-04-07T00:00:00Z" } });
  expect(custom.argument_fences.arguments).toEqual({ "everything.get-sum": { a: true, b: true } });
});

test("a link in somebody's repository does not make it write elsewhere, not even to a file that is not there yet", async () => {
  const elsewhere = await temporary();
  const kept = join(elsewhere, "kept.yaml");
  writeFileSync(kept, "version: 1\ncustom: {}\n");
  const attacks: readonly ((policies: string) => void)[] = [
    (policies) => symlinkSync(join(elsewhere, "dangling.rego"), join(policies, "policy/read_only.rego")),
    (policies) => {
      rmSync(join(policies, "catalog/custom.yaml"));
      symlinkSync(kept, join(policies, "catalog/custom.yaml"));
    },
    (policies) => {
      renameSync(join(policies, "cases"), join(policies, "cases-before"));
      symlinkSync(elsewhere, join(policies, "cases"));
    },
  ];
  for (const attack of attacks) {
    const policies = await freshPolicies();
    attack(policies);
    const added = await addPack({ pack: readOnly, policiesDir: policies, targets: ["everything"], force: true, now });
    expect(!added.ok && added.error.kind === "changed" && added.error.conflicts.map(({ detail }) => detail)).toEqual([
      expect.stringContaining("leads out of the folder"),
    ]);
    expect(readdirSync(elsewhere)).toEqual(["kept.yaml"]);
    expect(readFileSync(kept, "utf8")).toBe("version: 1\ncustom: {}\n");
  }
});

test("a link within the repository is followed", async () => {
  const policies = await freshPolicies();
  mkdirSync(join(policies, "shared"));
  renameSync(join(policies, "catalog/custom.yaml"), join(policies, "shared/custom.yaml"));
  symlinkSync("../shared/custom.yaml", join(policies, "catalog/custom.yaml"));
  await add(policies, readOnly, ["everything"]);
  expect(textOf(policies, "shared/custom.yaml")).toContain("everything: true");
  expect(existsSync(join(policies, "policy/read_only.rego"))).toBe(true);
});

test("a table with the line ends of Windows keeps them, and no other come in between", async () => {
  const policies = await freshPolicies();
  for (const mine of ["version: 1\ncustom:\n  # mine\n  desk: 1 # one\n", "version: 1\ncustom: { desk: 1 } # mine\n"]) {
    writeFileSync(join(policies, "catalog/custom.yaml"), mine.replaceAll("\n", "\r\n"));
    await add(policies, readOnly, ["everything"]);
    const text = textOf(policies, "catalog/custom.yaml");
    expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(parse(text).custom).toMatchObject({ desk: 1, read_only: { servers: { everything: true } } });
    expect(text).toContain("# mine");
  }
});
