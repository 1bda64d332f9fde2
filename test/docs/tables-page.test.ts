import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/policy/tables.md"), "utf8");

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schemaOf = (table: string): Schema => JSON.parse(readFileSync(join(root, `policies/schemas/${table}.schema.json`), "utf8"));

/** Members that the section of a heading tells, with whether it says that they are required. */
function told(heading: string): Readonly<Record<string, boolean>> {
  const [, section = ""] = new RegExp(`^#+ ${heading}\\n(.*?)(?=^#|(?![\\s\\S]))`, "ms").exec(page) ?? [];
  return Object.fromEntries(
    [...section.matchAll(/^\| `(\w+)` \| (.*) ?\|$/gm)].map(([, name = "", text = ""]) => [name, /\brequired\b(?!.*schema)/.test(text)]),
  );
}

function membersOf(schema: Schema): Readonly<Record<string, boolean>> {
  return Object.fromEntries(Object.keys(schema.properties ?? {}).map((name) => [name, schema.required?.includes(name) === true]));
}

/** The schema of one row: of the table itself, by its id, or by server and name. */
function rowOf(table: string): Schema {
  const schema = schemaOf(table);
  const row = (at: Schema | undefined): Schema => {
    const next = at?.$ref === undefined ? at : schema.$defs?.[at.$ref.replace("#/$defs/", "")];
    if (next?.properties !== undefined || typeof next?.additionalProperties !== "object") return next ?? {};
    return row(next.additionalProperties);
  };
  return row(schema.properties?.[table]);
}

const tables = [
  "servers",
  "tools",
  "prompts",
  "resources",
  "agents",
  "groups",
  "operators",
  "roles",
  "budgets",
  "approvals",
  "settings",
  "custom",
];

describe("the page of tables", () => {
  it.each(tables)("tells each member of a row of %s, and which are required", (table) => {
    const { cost, ...members } = told(`${table}.yaml`);
    expect(members).toEqual(membersOf(rowOf(table)));
    expect(cost).toBe(table === "budgets" ? false : undefined);
  });

  it("tells what stands inside a row", () => {
    const reach = schemaOf("approvals").$defs?.reach ?? {};
    expect(told("What it applies to")).toEqual(membersOf(reach));
    expect(membersOf(schemaOf("budgets").$defs?.reach ?? {})).toEqual({ ...membersOf(reach), cost: false });
    expect(told("Tools by what they do")).toEqual(membersOf(rowOf("roles").properties?.by_effect?.items ?? {}));
    for (const table of ["agents", "groups"])
      expect(told("Roles for a time")).toEqual(membersOf(schemaOf(table).$defs?.held?.anyOf?.[1] ?? {}));
  });

  it("has a section for each schema of a table", () => {
    const described = readdirSync(join(root, "policies/schemas")).flatMap((name) => {
      const { description = "" } = schemaOf(name.replace(".schema.json", ""));
      return /^policies\/catalog\/(\w+)\.yaml/.exec(description)?.[1] ?? [];
    });
    expect(described.sort()).toEqual(tables.toSorted());
  });

  it("links to pages and headings that are there", () => {
    const headings = new Set(
      [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
        text
          .toLowerCase()
          .replace(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      ),
    );
    for (const [, anchor = ""] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(anchor);
    for (const [, target = ""] of page.matchAll(/\]\((\.\.[^)#]+)\)/g))
      expect(() => readFileSync(join(root, "docs/policy", target))).not.toThrow();
  });
});
