import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { everyCheck } from "../../../../src/authoring/checks/index.ts";
import { checksPage, pagePath } from "./page.ts";

const page = readFileSync(pagePath, "utf8");

test("docs/policy/checks.md says what the table of checks says; if not, run node test/authoring/checks/page/write.ts", async () => {
  expect(page).toBe(await checksPage());
});

test("each check has a section of its own that links point to, and no section is of another", () => {
  const sections = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  expect(sections).toEqual(everyCheck.map(({ id }) => id));
});

test("each check is told in words that fit into their sentences", () => {
  for (const { id, title, danger, wanted } of everyCheck) {
    expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect({ id, title }).toEqual({ id, title: expect.stringMatching(/^(?:METADATA|[^A-Z]).*[^.]$/) });
    expect({ id, danger }).toEqual({ id, danger: expect.stringMatching(/[^.]$/) });
    expect({ id, wanted }).toEqual({ id, wanted: expect.stringMatching(/[^.]$/) });
  }
  expect(new Set(everyCheck.map(({ id }) => id)).size).toBe(everyCheck.length);
});
