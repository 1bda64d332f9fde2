import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/app/config.ts";
import { configKeys } from "../../src/app/config-reference.ts";
import { methods, serverMessages } from "../../src/core/methods.ts";
import { reasons } from "../../src/core/reasons.ts";
import { readKeyring } from "../../src/parts/bundle/index.ts";
import { bundleCodes } from "./bundle-codes.ts";
import { referencePages } from "./reference.ts";

const root = join(import.meta.dirname, "../..");
const page = (name: string) => readFileSync(join(root, name), "utf8");
const written = referencePages();

test.each([...written.keys()])("%s says what the code says; if not, run node test/docs/write-reference.ts", (name) => {
  expect(page(name)).toBe(written.get(name));
});

describe("reason codes", () => {
  const prefixes = [...new Set(Object.keys(reasons).map((code) => code.slice(0, code.indexOf("."))))];
  const named = new RegExp(`["'\`]((?:${prefixes.join("|")})\\.[a-z_]+)["'\`]`, "g");
  const known = new Set([...Object.keys(reasons), ...Object.keys(bundleCodes)]);
  /** Words of our prefixes that are no codes: keys of the configuration, and files of a bundle. */
  const other = new Set(["bundle.file", "bundle.keyring", "policy.wasm"]);

  test("stand on the page and in the table alike, one row each", () => {
    const rows = [...page("docs/reasons.md").matchAll(/^\| `([a-z_.]+)` \|/gm)].map(([, code]) => code);
    expect(rows.sort()).toEqual([...Object.keys(reasons), ...Object.keys(bundleCodes)].sort());
  });

  test("of a bundle are exactly those that the part can answer", () => {
    const union = /export type BundleCode =([^;]+);/.exec(page("src/parts/bundle/bundle.ts"))?.[1] ?? "";
    expect([...union.matchAll(/"(bundle\.[a-z_]+)"/g)].map(([, code]) => code).sort()).toEqual(Object.keys(bundleCodes).sort());
  });

  test("that the sources name are all in the table", () => {
    // What helps authors says no codes, but speaks of members of the input, such as "tool.id".
    const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter(
      (name) => name.endsWith(".ts") && !name.startsWith("authoring/"),
    );
    const sources = [
      ...files.map((name) => join("src", name)),
      ...readdirSync(join(root, "policies/toolgate"))
        .filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"))
        .map((name) => join("policies/toolgate", name)),
    ];
    const found = sources.flatMap((name) => [...page(name).matchAll(named)].map(([, code]) => ({ name, code: code ?? "" })));
    expect(found.length).toBeGreaterThan(100);
    expect(found.filter(({ code }) => !known.has(code) && !other.has(code))).toEqual([]);
  });

  test("that nothing says are not listed", () => {
    const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const rego = readdirSync(join(root, "policies/toolgate")).filter((name) => name.endsWith(".rego"));
    const text = [
      ...files.filter((name) => name !== "core/reasons.ts").map((name) => page(join("src", name))),
      ...rego.map((name) => page(join("policies/toolgate", name))),
    ].join("\n");
    expect(Object.keys(reasons).filter((code) => !text.includes(`"${code}"`))).toEqual([]);
  });

  test("have a sentence and a remedy that end like sentences", () => {
    const bad = Object.entries(reasons).filter(([, { sentence, remedy }]) => !/[.}]$/.test(sentence) || !/[.…]$/.test(remedy));
    expect(bad).toEqual([]);
  });
});

describe("the configuration's reference", () => {
  test("describes every key that does not only group others", () => {
    const keys = configKeys();
    const silent = keys.filter(
      ({ path, description }) => description === undefined && !keys.some((key) => key.path.startsWith(`${path}.`)),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
    expect(keys.length).toBeGreaterThan(80);
  });

  test.each([...page("docs/configuration.md").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? ""))(
    "shows an example that the gateway reads",
    async (text) => {
      const folder = await mkdtemp(join(tmpdir(), "toolgate-docs-"));
      try {
        const file = join(folder, "toolgate.yaml");
        await writeFile(file, text);
        expect(await readConfig(file)).toMatchObject({ ok: true, value: { version: 1 } });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

describe("docs/record-format.md", () => {
  const text = page("docs/record-format.md");
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  const writers = readdirSync(join(root, "src/gateway"), { recursive: true, encoding: "utf8" })
    .filter((name) => /(?:record|settle|subscribe|list|abandoned|create-gateway|authenticate|messages)\.ts$/.test(name))
    .map((name) => page(join("src/gateway", name)))
    .join("\n");

  test("names every kind of record", () => {
    const [, heads = ""] = /readonly kind: ((?:"[a-z]+"(?: \| )?)+);/.exec(page("src/gateway/record.ts")) ?? [];
    const kinds = [...heads.matchAll(/"([a-z]+)"/g), ...writers.matchAll(/kind: "([a-z_]+)",\n/g)].map(([, kind = ""]) => kind);
    expect(kinds.length).toBeGreaterThan(8);
    expect(kinds.filter((kind) => !spans.includes(kind))).toEqual([]);
  });

  test("names every member that the gateway writes", () => {
    const members = new Set([...writers.matchAll(/[,{]"([a-z_]+)":/g)].map(([, member = ""]) => member));
    expect(members.size).toBeGreaterThan(20);
    expect([...members].filter((member) => !spans.some((span) => new RegExp(`\\b${member}\\b`).test(span)))).toEqual([]);
  });

  test("names every effect of an outcome", () => {
    for (const effect of ["allow", "deny", "cancelled", "input_required"]) expect(spans).toContain(effect);
  });
});

describe("docs/mcp-support.md", () => {
  const text = page("docs/mcp-support.md");

  test.each([...Object.keys(methods), ...Object.keys(serverMessages)])("says who judges %s", (name) => {
    expect(text).toContain(`\n| \`${name}\` |`);
  });

  test.each(Object.keys(reasons).filter((code) => /^(question|task)\./.test(code)))("says what brings %s", (code) => {
    expect(text).toContain(`\`${code}\`: `);
  });
});

test("the keyring that the configuration page shows is one", () => {
  const [, text = ""] = /^```json\n([\s\S]*?)^```$/m.exec(page("docs/configuration.md")) ?? [];
  expect(readKeyring(text)).toMatchObject({ ok: true });
});

test("every link between the project's texts leads somewhere", () => {
  const texts = [
    ...readdirSync(join(root, "docs"), { recursive: true }).map((name) => `docs/${String(name)}`),
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
  ];
  const broken = texts
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) => [...page(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target]) => ({ name, target: target ?? "" })))
    .filter(({ name, target }) => !exists(join(root, name, "..", target)));
  expect(broken).toEqual([]);
});

test("every file of the sources that the texts name is there", () => {
  const texts = [
    "docs/architecture.md",
    "docs/decisions.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "docs/record-format.md",
    "docs/policy/guide.md",
  ];
  const named = texts.flatMap((name) =>
    [...page(name).matchAll(/`((?:src|test|policies|docs|deploy|bin)\/[^`\s*<]+)`/g)].map(([, path]) => ({ name, path: path ?? "" })),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ path }) => !exists(join(root, path)))).toEqual([]);
});

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EISDIR";
  }
}
