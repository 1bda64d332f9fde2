import { createHash } from "node:crypto";
import fc from "fast-check";
import { createColors } from "picocolors";
import { describe, expect, test } from "vitest";
import { type AccessTable, matrixCsv, matrixHtml, matrixJson, matrixText } from "../../../src/authoring/index.ts";
import { callersOf, cells, tableOf, targetsOf } from "./sample-table.ts";

const facts = { source: "policies", environment: "test", timezone: "Europe/Berlin", at: Date.UTC(2026, 2, 3, 11) };
const paint = createColors(false);
const textOf = (table: AccessTable, width = 100) => matrixText(table, { width, paint });
const all = (pieces: Iterable<string>): string => [...pieces].join("");

const callers = callersOf("desk", "twin", "other");
const targets = targetsOf("crm.read", "crm.write", "files.list");
const small = tableOf(callers, targets, [
  [cells.plain, cells.judged, cells.timed],
  [cells.plain, cells.judged, cells.timed],
  [cells.refused, cells.closed, cells.unknown],
]);

describe("on a terminal", () => {
  test("targets stand in rows by server, callers in columns, and every sign that is used is explained", () => {
    expect(textOf(small)).toBe(
      [
        "          desk             other",
        "          for support (2)  for support",
        "crm",
        "  read    A                R",
        "  write   Aac              x",
        "files",
        "  list    ?t               .",
        "",
        "callers that may do the same",
        "  desk for support; the same: twin for support",
        "",
        "  A  listed, and the sample call is allowed",
        "  ?  listed, and the sample call waits for an approval",
        "  R  listed, but the sample call is refused",
        "  x  permitted, but a denial holds: not listed, and a call is told why",
        "  .  no permit: as if it did not exist",
        "  a  rules look at the arguments: other calls may be refused",
        "  t  only at some hours or days: mon-fri 08-18",
        "  c  rules look at what else the caller brings",
        "  rules look at these facts of every caller, which a table cannot try: client",
        "",
        'note: left out: the agent "old" is retired',
      ].join("\n"),
    );
  });

  test("callers that do not fit stand under numbers, in blocks of which none is wider than the terminal", () => {
    const many = callersOf(...Array.from({ length: 60 }, (_, index) => `agent-number-${index}`));
    // Sixty different rows.
    const wide = targetsOf(...Array.from({ length: 6 }, (_, index) => `crm.tool${index}`));
    const rows = many.map((_, caller) => wide.map((_, target) => ((caller >> target) % 2 === 0 ? cells.plain : cells.closed)));
    const table = textOf(tableOf(many, wide, rows), 80);
    const body = table.slice(0, table.indexOf("callers\n"));
    expect(Math.max(...body.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(body.split("\n").filter((line) => line.includes("tool5")).length).toBeGreaterThan(2);
    expect(table).toContain("   60  agent-number-59 for support");
  });

  test("what no screen holds is told in numbers", () => {
    const many = callersOf(...Array.from({ length: 600 }, (_, index) => `agent-${index}`));
    const wide = targetsOf(...Array.from({ length: 100 }, (_, index) => `crm.tool${index}`));
    const rows = many.map((_, caller) => wide.map((_, target) => (target < caller % 100 ? cells.plain : cells.unknown)));
    const table = textOf(tableOf(many, wide, rows));
    expect(table).toContain("600 callers, 100 of them different, by 100 targets are more than a screen holds");
    expect(table).toContain("       3       0       0       0      97  agent-3 for support (and 5 alike)");
    expect(table.split("\n").length).toBeLessThan(400);
  });

  test("a table without anything in it says so, with the notes that tell why", () => {
    expect(textOf(tableOf([], [], []))).toBe('note: left out: the agent "old" is retired\nthere is nothing to show');
  });
});

/** RFC 4180 as it is written: quotes doubled, CRLF between records. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

describe("as CSV", () => {
  test("each cell is one record, with as many fields as the first", () => {
    const rows = parseCsv(all(matrixCsv(small)));
    expect(rows).toHaveLength(1 + callers.length * targets.length);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    const record = Object.fromEntries((rows[0] ?? []).map((name, at) => [name, rows[3]?.[at]]));
    expect(record).toMatchObject({
      agent: "desk",
      target: "files.list",
      verdict: "ask",
      when: "mon-fri 08-18",
      otherwise: "closed",
      facts: "client",
    });
  });

  test("nothing that a spreadsheet would run begins a field, and every name is read back", () => {
    const names = fc
      .tuple(fc.constantFrom("", "=", "+", "-", "@", "\t=", " =", "\r", '"', ","), fc.string())
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(names, (agent) => {
        const table = tableOf(callersOf(agent), targetsOf("crm.read"), [[cells.plain]]);
        const [, row] = parseCsv(all(matrixCsv(table)));
        const field = row?.[0] ?? "";
        expect(field).not.toMatch(/^\s*[=+\-@\t\r]/);
        expect(field.replace(/^'/, "")).toBe(agent.replace(/^'/, ""));
      }),
    );
  });
});

describe("as JSON", () => {
  test("every cell can be found from its caller's runs", () => {
    const told = JSON.parse(all(matrixJson(small, facts)));
    expect(told).toMatchObject({ ok: true, version: 1, source: "policies", at: "2026-03-03T11:00:00.000Z" });
    const found = told.rows.flatMap(({ callers: of, runs }: { callers: { agent: string }[]; runs: number[] }) => {
      const places = runs.flatMap((place, at) => (at % 2 === 0 ? Array.from({ length: runs[at + 1] ?? 0 }, () => place) : []));
      return of.flatMap(({ agent }) => places.map((place, at) => `${agent} ${told.targets[at].id} ${told.cells[place].state}`));
    });
    expect(found.sort()).toEqual(
      callers.flatMap((caller) => targets.map((target) => `${caller.agent} ${target.id} ${small.cell(caller, target).state}`)).sort(),
    );
  });
});

describe("as a page", () => {
  const hostile = "<script>alert(1)</script><!--";
  const page = (table: AccessTable) => all(matrixHtml(table, { ...facts, source: hostile }));

  test("whatever the policies say stays text: no name ends the data, opens a tag or a comment", () => {
    const cell = { ...cells.refused, reasons: [{ code: "x", rule: hostile, message: '</script><img src=x onerror="alert(1)">' }] };
    const html = page({ ...tableOf(callersOf(hostile), targetsOf(`crm.${hostile}`), [[cell]]), notes: [hostile] });
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).not.toContain("<img");
    expect(html).not.toContain("<!--");
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "");
    expect(data.rows[0].callers[0][0]).toBe(hostile);
  });

  test("runs its own script and style alone and asks no network for anything", () => {
    const html = page(small);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    const digest = (text: string | undefined) =>
      `'sha256-${createHash("sha256")
        .update(text ?? "")
        .digest("base64")}'`;
    expect(policy).toContain(`script-src ${digest(/<script>(.*?)<\/script>/s.exec(html)?.[1])};`);
    expect(policy).toContain(`style-src ${digest(/<style>(.*?)<\/style>/s.exec(html)?.[1])};`);
    expect(policy).toContain("default-src 'none'");
    expect(html).not.toMatch(/(?:src|href)=|url\(|https?:\/\/|innerHTML|insertAdjacentHTML|\bon[a-z]+="/);
  });
});
