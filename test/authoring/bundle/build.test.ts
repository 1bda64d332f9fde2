import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildBundle, generateKeyPair, inspectBundle, libraryFolder, signBundle } from "../../../src/authoring/index.ts";
import { targetKinds } from "../../../src/core/methods.ts";
import { type PromptDefinition, pinOf, type TemplateDefinition } from "../../../src/core/tool.ts";
import { libraryDigest } from "../../../src/parts/bundle/index.ts";
import { readCatalog } from "../../../src/parts/catalog/index.ts";
import { textOf, unpacked } from "../../parts/bundle/sample-bundle.ts";
import { build, fixture, needOpa, options, packageText, policiesWith, temporaryFolder } from "./tools.ts";

async function built(...args: Parameters<typeof build>) {
  const bundle = await build(...args);
  if (!bundle.ok) throw new Error(JSON.stringify(bundle.error));
  return bundle.value;
}

async function mistakesOf(files: Readonly<Record<string, string>>) {
  const policies = await policiesWith(files);
  const bundle = await build(policies);
  await rm(policies, { recursive: true });
  return bundle.ok ? [] : bundle.error.map(({ file, line, found }) => `${file}:${line}: ${found}`);
}

describe("a build", () => {
  it("puts in policies, library, data, cases and WebAssembly, and leaves tests out", async () => {
    const contents = await unpacked((await built()).bytes);
    const names = [...contents.files.keys()];
    expect(names).toEqual(expect.arrayContaining([".manifest", "data.json", "policy.wasm", "policy/refunds.rego", "toolgate/decide.rego"]));
    expect(names.filter((name) => name.includes("test"))).toEqual([]);
    const data = JSON.parse(textOf(contents, "data.json"));
    expect(data).toMatchObject({
      roles: { desk: { grants: { crm: { refund: true } } } },
      index: { crm: ["admission", "refunds"], files: ["admission"], toolgate: ["admission"], _none: ["admission"] },
      index_kinds: { admission: ["admit"], refunds: ["tool"] },
      custom: { suspended: [] },
      settings: { timezone: "Europe/Berlin" },
      catalog: { schema: 1, rules: { admission: ["deny"], refunds: ["constrain", "permit"] }, worker: [], timezone: "Europe/Berlin" },
      cases: [{ name: "a refund above 1000 is refused" }],
    });
    expect(Object.keys(data).sort()).toEqual(["cases", "catalog", "custom", "index", "index_kinds", "obliged", "roles", "settings"]);
    expect(JSON.parse(textOf(contents, ".manifest"))).toMatchObject({
      revision: "r1",
      roots: [""],
      rego_version: 1,
      metadata: { toolgate: { schema: 1, name: "sample", sequence: 1, environment: "test", on_expiry: "deny_all" } },
    });
  });

  it("puts in prompts, resources and what roles may use of them, and inspection counts them", async () => {
    const summary = { name: "summary" };
    const ticket = { uriTemplate: "ticket://crm/{id}", name: "ticket" };
    const pinned = (definition: PromptDefinition | TemplateDefinition) => ({ pin: pinOf(definition, "session"), definition });
    const pins = JSON.parse(await readFile(join(fixture, "catalog/pins/crm.json"), "utf8"));
    const policies = await policiesWith({
      "catalog/prompts.yaml": "version: 1\nprompts: { crm: { summary: {} } }\n",
      "catalog/resources.yaml": `version: 1
resources:
  crm: { ticket: { template: "ticket://crm/{id}" } }
  files: { handbook: { uri: "file:///handbook/**", data_classes: [internal] } }
`,
      "catalog/roles.yaml": 'version: 1\nroles:\n  desk: { grants: ["crm/*"], prompts: ["crm/*"], resources: ["*/*"] }\n',
      "catalog/pins/crm.json": JSON.stringify({
        ...pins,
        prompts: { summary: pinned(summary) },
        templates: { [ticket.uriTemplate]: pinned(ticket) },
      }),
    });
    const { bytes } = await built(policies);
    await rm(policies, { recursive: true });
    const data = JSON.parse(textOf(await unpacked(bytes), "data.json"));
    expect(data.roles.desk).toEqual({
      grants: { crm: { refund: true } },
      prompts: { crm: { summary: true } },
      resources: { crm: { ticket: true }, files: { handbook: true } },
      asks: {},
      methods: {},
    });
    expect(data.catalog.prompts).toEqual({ crm: { summary: { ...pinned(summary), data_classes: [] } } });
    expect(data.catalog.resources).toEqual({
      crm: { ticket: { template: pinned(ticket), data_classes: [] } },
      files: { handbook: { uri: "file:///handbook/**", data_classes: ["internal"] } },
    });
    expect(data.catalog.servers.crm).toMatchObject({ asks: [], extensions: [] });
    expect(readCatalog(data)).toMatchObject({ ok: true });
    expect(await inspectBundle(bytes)).toMatchObject({ ok: true, value: { counts: { tools: 1, prompts: 1, resources: 2 } } });
  });

  it("of the same sources gives the same bytes, wherever they lie", async () => {
    const elsewhere = await temporaryFolder();
    await cp(fixture, join(elsewhere, "deep", "er"), { recursive: true });
    const [one, again, moved] = [await built(), await built(), await built(join(elsewhere, "deep", "er"))];
    expect(Buffer.compare(one.bytes, again.bytes)).toBe(0);
    expect(Buffer.compare(one.bytes, moved.bytes)).toBe(0);
    await rm(elsewhere, { recursive: true });
  });

  it("writes the file that it is asked for, and none if there are mistakes", async () => {
    const folder = await temporaryFolder();
    const out = join(folder, "bundle.tar.gz");
    const opa = await needOpa();
    const broken = await policiesWith({ "policy/bad.rego": "package policy.bad\n" });
    expect((await buildBundle({ policiesDir: broken, opa, out, ...options })).ok).toBe(false);
    await expect(readFile(out)).rejects.toThrow("ENOENT");
    const good = await buildBundle({ policiesDir: fixture, opa, out, ...options });
    expect(good.ok && Buffer.compare(good.value.bytes, await readFile(out))).toBe(0);
    await rm(broken, { recursive: true });
    await rm(folder, { recursive: true });
  });

  it("refuses options that no gateway would take", async () => {
    const bundle = await buildBundle({
      policiesDir: fixture,
      opa: await needOpa(),
      ...options,
      sequence: 0,
      expires: "tomorrow",
      revision: "",
    });
    expect(!bundle.ok && bundle.error.map((one) => one.path).sort()).toEqual(["expires", "revision", "sequence"]);
  });

  it("is told by inspect, signed or not, with the digest that a gateway will name", async () => {
    const { bytes } = await built(fixture, { tenant: "acme" });
    const pair = generateKeyPair("ES256");
    const signed = await signBundle(bytes, { privateKey: pair.privateKey, kid: "release", algorithm: "ES256" });
    const before = await inspectBundle(bytes);
    const after = await inspectBundle(signed.ok ? signed.value : new Uint8Array());
    expect(before.ok && before.value).toMatchObject({
      name: "sample",
      tenant: "acme",
      signature: null,
      packages: { refunds: { rules: ["constrain", "permit"], worker: false } },
      counts: { servers: 2, tools: 1, prompts: 0, resources: 0, agents: 1, roles: 1, groups: 1, budgets: 1 },
      cases: ["a refund above 1000 is refused"],
    });
    const release = { kid: "release", algorithm: "ES256" };
    expect(after.ok && after.value).toEqual({ ...(before.ok && before.value), signature: release, signatures: [release] });
    const contents = await unpacked(bytes);
    const names = [...contents.files.keys()].filter((name) => name.startsWith("toolgate/"));
    const modules = await Promise.all(
      names.map(async (path) => ({ path, text: await readFile(join(libraryFolder, path.slice("toolgate/".length)), "utf8") })),
    );
    expect(before.ok && before.value.library).toBe(libraryDigest(modules));
  });
});

describe("a build refuses", () => {
  const refusals: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    [
      "every head of the seven rules but contains",
      {
        "policy/a.rego": packageText("a", "deny := true"),
        "policy/b.rego": packageText("b", "deny if input.agent.id"),
        "policy/c.rego": packageText("c", 'permit["x"] if input.agent.id'),
        "policy/d.rego": packageText("d", "permit[x] if x := input.agent.id"),
        "policy/e.rego": packageText("e", "withhold[x] := true if x := input.agent.id"),
        "policy/f.rego": packageText("f", "mask(x) := x"),
        "policy/g.rego": packageText("g", "default withhold := false"),
        "policy/h.rego": packageText("h", 'redact = {"path": "/x"}'),
      },
      [
        'policy/a.rego:6: a rule "deny" without "contains"',
        'policy/b.rego:6: a rule "deny" without "contains"',
        'policy/c.rego:6: the dotted rule head "permit.x"',
        'policy/d.rego:6: a rule "permit" without "contains"',
        'policy/e.rego:6: a rule "withhold" without "contains"',
        'policy/f.rego:6: a rule "mask" without "contains"',
        'policy/g.rego:6: a rule "withhold" without "contains"',
        'policy/h.rego:6: a rule "redact" without "contains"',
      ],
    ],
    [
      "heads with anything but literals",
      {
        "policy/a.rego": packageText("a", 'deny contains {"code": input.agent.id}'),
        "policy/b.rego": packageText("b", 'oblige contains {"type": "budget", "name": "x", "cost": input.args.amount + 1}'),
        "policy/c.rego": packageText("c", 'deny contains {"code": sprintf("%s", ["x"])}'),
        "policy/d.rego": packageText("d", "deny contains reason if reason := input.agent.id"),
        "policy/e.rego": packageText("e", 'mask contains {"path": [x | some x in input.agent.roles]}'),
        "policy/f.rego": packageText("f", 'deny contains "outside hours"'),
        "policy/g.rego": packageText("g", 'permit contains {"id": data.settings.timezone}'),
        "policy/ok.rego": packageText("ok", 'redact contains {"path": "/a", "mode": "mask", "optional": true}'),
      },
      [
        'policy/a.rego:6: a head of "deny" that is computed',
        'policy/b.rego:6: a head of "oblige" that is computed',
        'policy/c.rego:6: a head of "deny" that is computed',
        'policy/d.rego:6: a head of "deny" that is computed',
        'policy/e.rego:6: a head of "mask" that is computed',
        'policy/f.rego:6: a head of "deny" that is no object',
        'policy/g.rego:6: a head of "permit" that is computed',
      ],
    ],
    [
      "dotted rule heads, and rules that nothing reaches",
      {
        "policy/a.rego": packageText(
          "a",
          'deny contains {"code": "x.y"} if not_used_not\n\nnot_used_not if helper(1)\n\nhelper(x) if x > 0\n\ndney contains {"code": "x.z"}\n\nother if dney',
        ),
        "policy/b.rego": packageText("b", "x.y.z := 1"),
      },
      [
        'policy/a.rego:12: the rule "dney", which nothing reaches',
        'policy/a.rego:14: the rule "other", which nothing reaches',
        'policy/b.rego:6: the dotted rule head "x.y"',
        'policy/b.rego:6: the rule "x", which nothing reaches',
      ],
    ],
    [
      "packages outside policy.<name>",
      {
        "policy/a.rego": "# METADATA\n# custom:\n#   servers: [crm]\npackage toolgate\n\nfoo := 1\n",
        "policy/b.rego": "package policy\n",
        "policy/c.rego": "package policy.a.b\n",
        "policy/d.rego": "package other\n",
        "policy/e.rego": 'package policy["we ird"]\n',
        "policy/f.rego": "package policy.role\n",
        "policy/g.rego": "package policy.table\n",
        "policy/sub/g.rego": "package toolgate.more\n",
      },
      [
        "policy/a.rego:4: package toolgate",
        "policy/b.rego:1: package policy",
        "policy/c.rego:1: package policy.a.b",
        "policy/d.rego:1: package other",
        "policy/e.rego:1: package policy.we ird",
        "policy/f.rego:1: package policy.role, a reserved name",
        "policy/g.rego:1: package policy.table, a reserved name",
        "policy/sub/g.rego:1: package toolgate.more",
      ],
    ],
    [
      "METADATA with anything unknown, or without servers",
      {
        "policy/a.rego": "package policy.a\n",
        "policy/b.rego": "# METADATA\n# title: No servers\npackage policy.b\n",
        "policy/c.rego": "# METADATA\n# custom:\n#   servers: [cmr]\npackage policy.c\n",
        "policy/d.rego": "# METADATA\n# custom:\n#   servers: [crm]\n#   kind: [tool]\npackage policy.d\n",
        "policy/e.rego": "# METADATA\n# custom:\n#   servers: [crm]\n#   kinds: [tools]\npackage policy.e\n",
        "policy/f.rego": '# METADATA\n# custom:\n#   servers: ["*", crm]\npackage policy.f\n',
        "policy/g.rego": "# METADATA\n# entrypoint: true\n# custom:\n#   servers: [toolgate]\npackage policy.g\n",
        "policy/h.rego": "# METADATA\n# servers: [crm]\npackage policy.h\n",
        "policy/i.rego":
          '# METADATA\n# custom:\n#   servers: [crm]\npackage policy.i\n\n# METADATA\n# custom:\n#   kinds: [admit]\nmask contains {"path": "/user/email"}\n',
      },
      [
        "policy/a.rego:1: no METADATA for the package",
        "policy/b.rego:1: no custom.servers",
        'policy/c.rego:3: unknown server "cmr"',
        'policy/d.rego:4: unknown METADATA key "custom.kind"',
        'policy/e.rego:4: unknown kind "tools"',
        'policy/f.rego:3: "*" beside other servers',
        'policy/g.rego:2: unknown METADATA key "entrypoint"',
        "policy/h.rego:2: no custom.servers",
        'policy/h.rego:2: unknown METADATA key "servers"',
        'policy/i.rego:8: "custom.kinds" on a rule',
      ],
    ],
    [
      "what OPA cannot parse, and says where",
      { "policy/a.rego": "package policy.a\n\ndeny contains {\n", "policy/b.rego": packageText("b", "deny := 1") },
      [
        "policy/a.rego:4: unexpected eof token",
        "policy/a.rego:4: unexpected eof token: expected rule key term (e.g., deny contains <VALUE> { ... })",
        'policy/b.rego:6: a rule "deny" without "contains"',
      ],
    ],
    [
      "what OPA cannot compile, and says where",
      { "policy/a.rego": packageText("a", 'deny contains {"code": "a.b"} if nope(input.agent.id)') },
      ["policy/a.rego:6: undefined function nope"],
    ],
    [
      "cases that are not cases",
      {
        "cases/a.yaml":
          "cases:\n  - { name: a, entrypoint: decide, input: {}, want: {} }\n  - { name: a, entrypoint: judge, input: {}, want: {} }\n",
        "cases/b.yaml": "cases:\n  - { name: a refund above 1000 is refused, entrypoint: decide, input: {}, want: {} }\n",
      },
      ['cases/a.yaml:3: "judge"', 'cases/refunds.yaml:2: the case "a refund above 1000 is refused" again'],
    ],
  ];
  it.each(refusals)("%s", async (_, files, wanted) => {
    expect((await mistakesOf(files)).sort()).toEqual([...wanted].sort());
  });

  it("no kind of target that there is", async () => {
    const kinds = [...targetKinds, "admit"].join(", ");
    const text = `# METADATA\n# custom:\n#   servers: [crm]\n#   kinds: [${kinds}]\npackage policy.a\n\ndeny contains {"code": "a.b"} if input.agent.id\n`;
    expect(await mistakesOf({ "policy/a.rego": text })).toEqual([]);
  });

  it("mistakes of tables and policies in one go", async () => {
    const found = await mistakesOf({
      "catalog/groups.yaml": "version: 1\ngroups: { support: { rolls: [] } }\n",
      "policy/a.rego": packageText("a", "deny := 1"),
    });
    expect(found).toHaveLength(3);
    expect(found.filter((one) => one.startsWith("catalog/groups.yaml"))).toHaveLength(2);
  });
});
