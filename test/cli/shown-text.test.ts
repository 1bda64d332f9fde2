import fc from "fast-check";
import { createColors } from "picocolors";
import { expect, test } from "vitest";
import { lintText } from "../../src/cli/catalog-lint.ts";
import { roundText } from "../../src/cli/dev/round-text.ts";
import { shownText } from "../../src/cli/shown-text.ts";

const acting = (text: string) => text.replace(/\r?\n|\t|[\u200b-\u200d]/g, "").match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu);

test("an agent whose name clears the screen, sets the title, hides text or turns its direction is shown as what it is", () => {
  expect(shownText("bot\u001b[2J\u001b]0;owned\u0007", true)).toBe("bot\\u001b[2J\\u001b]0;owned\\u0007");
  expect(shownText("\u001b[8mhidden", true)).toBe("\\u001b[8mhidden");
  expect(shownText("\u009b31m", true)).toBe("\\u009b31m");
  expect(shownText("ok\rfailed", false)).toBe("ok\\u000dfailed");
  expect(shownText("crm\u202etxt\u2066.\u{e0041}", false)).toBe("crm\\u202etxt\\u2066.\\udb40\\udc41");
});

test("our own colours stay where there are any, and none pass where there are none", () => {
  const { red, bold, dim, yellow, green } = createColors(true);
  for (const paint of [red, bold, dim, yellow, green]) expect(shownText(`${paint("x")}\u0007`, true)).toBe(`${paint("x")}\\u0007`);
  expect(shownText(red("x"), false)).toBe("\\u001b[31mx\\u001b[39m");
});

test("an honest text, in any language and with emoji, stays as it is", () => {
  for (const text of ["a\tb\nc", "a,b\r\nc,d\r\n", "Übersicht 注文 👨‍👩‍👧", "| a@\u200bb |"]) expect(shownText(text, false)).toBe(text);
});

test("whatever stands in a text, nothing that a terminal acts on is left, and JSON means the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = shownText(JSON.stringify({ text }), false);
      expect(JSON.parse(shown)).toEqual({ text });
      for (const one of [shown, shownText(text, false), shownText(text.replaceAll("m", ""), true)])
        expect(acting(one.replace(/\r$/, ""))).toBeNull();
    }),
  );
});

test("a name that holds a line of its own, such as a command to CI, stays on the line where it is told", () => {
  const terminal = {
    out: () => undefined,
    err: () => undefined,
    paint: createColors(false),
    colour: false,
    closed: new AbortController().signal,
  };
  const evil = "get_order\n::stop-commands::x\r\n::error::forged\u2028";
  const finding = { rule: "odd-name", level: "warning", item: `tool ${evil}`, path: "name", found: evil, wanted: "a name" } as const;
  const failure = { kind: "failed", text: evil, differences: [] } as const;
  const result = { suite: "case", name: evil, file: "cases/a.yaml", line: 1, outcome: "failed", failures: [failure] } as const;
  const developed = { kind: "failed", run: { results: [result], notes: [] } } as const;
  const told = [
    lintText(terminal, "shop", { findings: [finding], accepted: [finding], unused: [] }),
    roundText(terminal, "policies", { number: 1, ms: 1, developed, activated: undefined, url: undefined }),
  ];
  for (const text of told) {
    expect(text).toContain("get_order");
    expect(text).not.toMatch(/(^|[\n\r\u2028])\s*::/);
  }
});
