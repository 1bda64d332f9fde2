import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOpa } from "../../../src/authoring/opa.ts";
import { type Ended, toolgate } from "../../e2e/command.ts";

const fixture = fileURLToPath(new URL("../../fixtures/bundle/policies/", import.meta.url));
const header = "# METADATA\n# custom:\n#   servers: [crm]\n";
let folder = "";
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "toolgate-policy-check-"));
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  env = { ...process.env, TOOLGATE_OPA: opa.value.path };
});
afterAll(() => rm(folder, { recursive: true }));

/** A copy of the fixture's policies with some files more, checked from the folder above it. */
async function check(name: string, files: Readonly<Record<string, string>>, ...flags: readonly string[]): Promise<Ended> {
  await cp(fixture, join(folder, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name, file)), { recursive: true });
    await writeFile(join(folder, name, file), text);
  }
  return quiet(await toolgate(["policy", "check", name, ...flags], { cwd: folder, env }));
}

/** Without what is said to a person who waits, which a busy machine makes longer. */
function quiet(ended: Ended): Ended {
  return { ...ended, err: ended.err.replace(/^checking …\n/, "") };
}

const silent = `${header}package policy.a\n\ndeny contains {"code": "a.b"} if not input.user.id == "ann"\n`;
const wrong = { "policy/a.rego": silent, "catalog/groups.yaml": "version: 1\ngroups:\n  support: { roles: [dsk] }\n" };

describe("toolgate policy check", () => {
  it("says what it looked at and ends with 0 where nothing is wrong", async () => {
    expect(await check("fine", {})).toEqual({ code: 0, out: "2 packages and 1 golden case checked: no mistakes.\n", err: "" });
  });

  it("tells mistakes of tables, policies and cases in one go, with a count, and ends with 65", async () => {
    const { code, out, err } = await check("wrong", { ...wrong, "cases/odd.yaml": "cases: 3\n" });
    expect({ code, out }).toEqual({ code: 65, out: "" });
    expect(err).toContain("catalog/groups.yaml has 1 mistake.");
    expect(err).toContain('did you mean "desk"?');
    expect(err).toContain("cases/odd.yaml has 1 mistake.");
    expect(err).toContain('    mended  not as_wanted\n\n            as_wanted if input.user.id == "ann"\n    line 6   negation\n');
    expect(err.trimEnd().split("\n").at(-1)).toBe("3 packages and 1 golden case checked: 3 mistakes in 3 files.");
  });

  it("gives one object with --json, the same as with --format json", async () => {
    const [short, long] = [await check("json", wrong, "--json"), await check("json", wrong, "--format", "json")];
    expect(short).toEqual(long);
    expect({ code: short.code, err: short.err }).toEqual({ code: 65, err: "" });
    expect(JSON.parse(short.out)).toMatchObject({
      ok: false,
      mistakes: expect.arrayContaining([expect.objectContaining({ file: "policy/a.rego", line: 6, check: "negation" })]),
    });
  });

  it("annotates lines of a pull request, by their paths from the working folder", async () => {
    const { code, out } = await check("github", wrong, "--format", "github");
    expect(code).toBe(65);
    expect(out).toMatch(/^::error file=github\/policy\/a\.rego,line=6,title=negation::not input\.user\.id == "ann"%0A/m);
    expect(out).toMatch(/^::error file=github\/catalog\/groups\.yaml,line=3,title=mistake::/m);
  });

  it("writes SARIF, also where nothing is wrong", async () => {
    const { code, out } = await check("sarif", wrong, "--format", "sarif");
    expect(code).toBe(65);
    const [run] = JSON.parse(out).runs;
    const uris = run.results.map((result: { locations: readonly { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
      result.locations.map(({ physicalLocation }) => physicalLocation.artifactLocation.uri),
    );
    expect(uris.flat().sort()).toEqual(["sarif/catalog/groups.yaml", "sarif/policy/a.rego"]);
    expect(JSON.parse((await check("clean", {}, "--format", "sarif")).out).runs[0].results).toEqual([]);
  });

  it("tells a package that is decided in a worker as a note, which is no mistake", async () => {
    const nested = `${header}package policy.n\n\ndeny contains {"code": "n.b"} if {\n\tsome a in input.user.groups\n\tsome b in input.user.roles\n\ta == b\n}\n`;
    const { code, err } = await check("nested", { "policy/n.rego": nested });
    expect(code).toBe(0);
    expect(err).toMatch(/^note {2}package policy\.n: nested iteration/m);
  });

  it("takes a folder without any Rego: the tables decide alone", async () => {
    await cp(join(fixture, "catalog"), join(folder, "tables", "catalog"), { recursive: true });
    const { code, out } = await toolgate(["policy", "check", "tables"], { cwd: folder, env });
    expect({ code, out }).toEqual({ code: 0, out: "0 packages and 0 golden cases checked: no mistakes.\n" });
  });

  it("names a built-in that is not offered, with its reason and its line, beside what the strict check finds", async () => {
    const rego = `${header}package policy.h\n\ndeny contains {"code": "h.a"} if {\n\tunused := 1\n\thttp.send({"method": "get", "url": "http://a"}).status_code == 200\n}\n`;
    const { code, out } = await check("sends", { "policy/h.rego": rego }, "--json");
    expect(code).toBe(65);
    expect(JSON.parse(out).mistakes).toContainEqual(
      expect.objectContaining({
        file: "policy/h.rego",
        line: 8,
        found: "the built-in http.send",
        remedy: "it asks the network: put the data into custom.yaml or the tables",
        check: "built-in-left-out",
      }),
    );
  });

  it("tells forty mistakes of one table, each with its line", async () => {
    const rows = Array.from({ length: 40 }, (_, at) => `  g${at}: { roles: [nobody-${at}] }`);
    const text = `version: 1\ngroups:\n${rows.join("\n")}\n`;
    const { code, out } = await check("forty", { "catalog/groups.yaml": text }, "--json");
    const own = JSON.parse(out).mistakes.filter(({ file }: { file: string }) => file === "catalog/groups.yaml");
    expect(code).toBe(65);
    expect(own.map(({ line }: { line: number }) => line)).toEqual(rows.map((_, at) => at + 3));
  });

  it("tells Rego that does not parse, and YAML that is not YAML, at their lines", async () => {
    const files = { "policy/broken.rego": "package policy.broken\n\ndeny contains {\n", "catalog/roles.yaml": "roles: [\n" };
    const { code, err } = await check("broken", files);
    expect(code).toBe(65);
    expect(err).toMatch(/policy\/broken\.rego has \d+ mistakes?\./);
    expect(err).toMatch(/catalog\/roles\.yaml has \d+ mistakes?\./);
  });

  it("ends with 69 for a folder that is none, and without OPA, saying what to install in one line", async () => {
    const nowhere = await toolgate(["policy", "check", "nowhere"], { cwd: folder, env });
    expect(nowhere).toEqual({ code: 69, out: "", err: '"nowhere": there is no such folder\n' });
    const missing = await toolgate(["policy", "check", "fine"], { cwd: folder, env: { ...env, TOOLGATE_OPA: join(folder, "none") } });
    expect(missing).toEqual({ code: 69, out: "", err: expect.stringMatching(/^TOOLGATE_OPA is .*\n$/) });
  });

  it("refuses a format that it does not know as a wrong command line", async () => {
    expect((await toolgate(["policy", "check", "fine", "--format", "xml"], { cwd: folder, env })).code).toBe(2);
  });
});
