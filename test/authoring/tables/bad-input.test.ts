import { mkdir, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTables } from "../../../src/authoring/tables/index.ts";
import { formatMistakes, type Mistake } from "../../../src/core/mistakes.ts";
import { definition, files, pins, tableFolder } from "./sample-tables.ts";

const { mistakesOf, path, read, readClean } = tableFolder();

const places = (mistakes: readonly Mistake[]) => mistakes.map(({ file, line, found }) => `${file}:${line}: ${found}`);
const inRoles = async (text: string) =>
  places((await mistakesOf({ "roles.yaml": text })).filter(({ file }) => file.endsWith("roles.yaml")));

describe("a table that is not YAML", () => {
  const bomb = `a: &a [${"x,".repeat(9)}]\n${["b", "c", "d"].map((name, at) => `${name}: &${name} [${`*${"abc"[at]},`.repeat(9)}]\n`).join("")}`;
  it.each([
    ["tabs as indentation", "version: 1\nroles:\n\tsupport: {}\n", "3: a tab at the beginning of a line"],
    ["a quote that never closes", 'version: 1\nroles:\n  support: { title: "x }\n', '4: missing closing "quote'],
    ["a key twice", "version: 1\nroles:\n  support: {}\n  support: {}\n", "4: a key that stands here for the second time"],
    ["a whole table twice", "version: 1\nroles: {}\nroles: {}\n", "3: a key that stands here for the second time"],
    ["aliases that multiply", bomb, "2: excessive alias count indicates a resource exhaustion attack"],
    ["an alias of nothing", "version: 1\nroles: *nope\n", "2: unresolved alias (the anchor must be set before the alias): nope"],
    ["an alias of what it stands in", "version: 1\nroles: &x\n  support: *x\n", "3: an alias of what it stands in"],
    ["two documents", "version: 1\n---\nroles: {}\n", "2: a second document"],
    ["a tag", "version: !!js/function x\n", "1: a tag"],
    ["a table as a key", "version: 1\n? { a: 1 }\n: x\n", "2: a key that is a list or a table"],
    ["lists without end", `version: ${"[".repeat(20_000)}`, "1: lists or tables within each other, hundreds deep"],
    ["a zero byte", "version: 1\nroles:\n  \0support: {}\n", "3: bytes that are no text in UTF-8"],
    ["a key that JavaScript drops", "version: 1\nroles:\n  __proto__: {}\n", '3: the key "__proto__"'],
    ["the same key, escaped", 'version: 1\nroles:\n  "\\x5f_proto__": {}\n', '3: the key "__proto__"'],
  ])("because of %s is told with its line", async (_, text, told) => {
    expect(await inRoles(text)).toEqual([`catalog/roles.yaml:${told}`]);
  });

  it("because it is a picture is told, not read", async () => {
    await read();
    await writeFile(path("catalog", "roles.yaml"), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0xfe]));
    const tables = await readTables(path());
    expect(places(tables.ok ? [] : tables.error)).toContain("catalog/roles.yaml:1: bytes that are no text in UTF-8");
  });

  it.each([
    ["nothing", "", "null"],
    ["nothing but comments", "# later\n", "null"],
    ["a word", "hello\n", "a text"],
    ["a list", "- support\n- finance\n", "a list"],
  ])("but %s is told as what it is, in line 1", async (_, text, found) => {
    expect(await inRoles(text)).toEqual([`catalog/roles.yaml:1: ${found}`]);
  });

  it("is read all the same with a byte order mark and the line ends of Windows, and lines are counted right", async () => {
    const windows = (text: string) => `\uFEFF${text.replaceAll("\n", "\r\n")}`;
    expect((await readClean({ "roles.yaml": windows(files["roles.yaml"] ?? "") })).data.roles.support).toBeDefined();
    expect(await inRoles(windows("version: 1\nroles:\n  support:\n    titel: x\n"))).toEqual(["catalog/roles.yaml:4: unknown key"]);
  });

  it("whatever it is, is an answer and never an accident", async () => {
    await read();
    const some = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string(),
      fc
        .constantFrom(...Object.values(files))
        .chain((text) => fc.nat(text.length).map((at) => `${text.slice(0, at)}${text.slice(at + 3)}`)),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(
        some,
        fc.constantFrom("roles", "agents", "groups", "budgets", "approvals", "settings", "tools", "servers"),
        async (text, name) => {
          const file = path("catalog", `${name}.yaml`);
          await writeFile(file, text);
          const tables = await readTables(path());
          if (!tables.ok) expect(tables.error.every(({ found, wanted }) => found !== "" && wanted !== "")).toBe(true);
          await writeFile(file, files[`${name}.yaml`] ?? `version: 1\n${name}: {}\n`);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("a table with forty mistakes", () => {
  const agents = Array.from(
    { length: 10 },
    (_, at) => `  bot-${at}:
    nmae: Bot
    owner: ann
    environment: demo
    status: activ
    modes: [user]
    roles: [support]
    match: []
`,
  ).join("");

  it("has all of them told, each once, with line and what was wanted, in the order of lines", async () => {
    const told = await mistakesOf({ "agents.yaml": `version: 1\nagents:\n${agents}` });
    // Of each: nmae, the name that is missing, status, modes, match.
    expect(told).toHaveLength(50);
    const lines = told.map(({ line }) => line ?? 0);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    expect(new Set(told.map((mistake) => JSON.stringify(mistake))).size).toBe(50);
    expect(told.every(({ line, wanted }) => line !== undefined && wanted !== "")).toBe(true);
    expect(told.slice(0, 5).map(({ path: at, remedy, line }) => [at, remedy, line])).toEqual([
      ["agents.bot-0.name", undefined, 3],
      ["agents.bot-0.nmae", 'did you mean "name"?', 4],
      ["agents.bot-0.status", 'did you mean "active"?', 7],
      ["agents.bot-0.modes[0]", undefined, 8],
      ["agents.bot-0.match", undefined, 10],
    ]);
    expect(formatMistakes(told)).toContain("catalog/agents.yaml has 50 mistakes.");
  });
});

describe("values that look right", () => {
  const budget = (row: string) => mistakesOf({ "budgets.yaml": `version: 1\nbudgets:\n  day: ${row}\n` });
  const row = (limit: string, seconds = "60") =>
    `{ unit: calls, limit: ${limit}, window: { kind: fixed, seconds: ${seconds} }, per: [user] }`;

  it.each([
    ["a number in quotes", row('"3"'), "limit", '"3"'],
    ["a limit beyond 2^53", row("9007199254740993"), "limit", "9007199254740992"],
    ["a limit beyond every number", row("1e400"), "limit", "Infinity"],
    ["a limit below zero", row("-3"), "limit", "-3"],
    ["a limit of nothing", row("0"), "limit", "0"],
    ["half a call", row("1.5"), "limit", "1.5"],
    ["a number with underscores", row("1_000"), "limit", '"1_000"'],
    ["a window of nothing", row("3", "0"), "window.seconds", "0"],
    ["a window of a year", row("3", "31536000"), "window.seconds", "31536000"],
  ])("and are %s are told", async (_, written, at, found) => {
    expect((await budget(written)).map((mistake) => [mistake.path, mistake.found, mistake.line])).toEqual([
      [`budgets.day.${at}`, found, 3],
    ]);
  });

  it("and are a time zone that does not exist are told", async () => {
    const told = await mistakesOf({ "settings.yaml": "version: 1\nsettings:\n  timezone: Mars/Olympus\n" });
    expect(places(told)).toEqual(['catalog/settings.yaml:3: "Mars/Olympus"']);
  });

  it("and are dates that are not in the calendar are told", async () => {
    const told = await mistakesOf({
      "agents.yaml": files["agents.yaml"]?.replace("    status:", "    expires: 2026-02-30T00:00:00Z\n    status:"),
    });
    expect(places(told)).toEqual(['catalog/agents.yaml:7: "2026-02-30T00:00:00Z"']);
  });

  it("and are ids that JavaScript has on each object are names like any other", async () => {
    const { data } = await readClean({
      "servers.yaml": files["servers.yaml"]?.replace("  crm:", "  constructor:"),
      "tools.yaml": files["tools.yaml"]?.replace("  crm:", "  constructor:").replace("get_customer:", "toString:"),
      "pins/crm.json": undefined,
      "pins/constructor.json": pins("constructor", [definition("toString"), definition("refund")]),
      "roles.yaml": 'version: 1\nroles:\n  support: { grants: ["constructor/*"] }\n',
      "budgets.yaml":
        "version: 1\nbudgets:\n  constructor: { unit: calls, limit: 1, window: { kind: fixed, seconds: 1 }, per: [], applies: [{ servers: [constructor] }] }\n",
    });
    const asked = [{ type: "budget", name: "constructor", cost: 1 }];
    expect(data.roles.support?.grants).toEqual({ constructor: { refund: true, toString: true } });
    expect(data.obliged).toEqual({ constructor: { tool: { refund: asked, toString: asked } } });
    expect(Object.hasOwn(Object, "refund")).toBe(false);
  });
});

describe("unknown names", () => {
  it("are told wherever they stand, with the nearest one", async () => {
    const told = await mistakesOf({
      "roles.yaml":
        "version: 1\nroles:\n  support:\n    includes: [suport]\n    by_effect: [{ servers: [cmr], effects: [read] }]\n    grants: [crm/refnud]\n",
      "groups.yaml": "version: 1\ngroups:\n  Support Team: { roles: [supprt] }\n",
      "agents.yaml": files["agents.yaml"]?.replace("roles: [support]", "roles: [suppor]"),
      "budgets.yaml":
        "version: 1\nbudgets:\n  day:\n    unit: calls\n    limit: 1\n    window: { kind: fixed, seconds: 1 }\n    per: []\n    applies: [{ tools: [crm/refnd] }, { servers: [crn] }]\n",
      "approvals.yaml": "version: 1\napprovals:\n  pay: { group: Support Taem, applies: [{ servers: [cmr] }] }\n",
    });
    expect(told.every(({ remedy, line }) => remedy?.startsWith("did you mean") === true && line !== undefined)).toBe(true);
    expect(new Set(told.map(({ file }) => file)).size).toBe(5);
    expect(told).toHaveLength(9);
  });

  it("in a file that cannot be read are not told as mistakes of those that name them", async () => {
    const told = await mistakesOf({
      "servers.yaml": "version: 1\nservers: 7\n",
      "budgets.yaml":
        "version: 1\nbudgets:\n  day: { unit: calls, limit: 1, window: { kind: fixed, seconds: 1 }, per: [], applies: [{ servers: [crm] }] }\n",
    });
    expect(told.map(({ file }) => file)).toEqual(["catalog/servers.yaml"]);
  });

  it("of tables are told with the nearest file", async () => {
    await mkdir(path("catalog"), { recursive: true });
    await writeFile(path("catalog", "aprovals.yaml"), "version: 1\n");
    const told = await mistakesOf({});
    expect(told).toMatchObject([{ file: "catalog/aprovals.yaml", remedy: 'did you mean "approvals.yaml"?' }]);
  });
});
