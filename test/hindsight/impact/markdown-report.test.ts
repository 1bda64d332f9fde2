import { describe, expect, it } from "vitest";
import { type Impact, impactMarkdown } from "../../../src/hindsight/index.ts";

const counts = { same: 0, changed: 0, "would-deny": 1, "would-allow": 0, "would-ask": 0, unjudgeable: 1 };

/** An impact in which every text is one that a stranger chose. */
function impactOf(text: string): Impact {
  const rows = [{ what: text, counts }];
  const sample = { word: "would-deny", id: text, agent: text, user: text, target: text, before: text, after: text, message: text };
  return {
    ...{ decisions: 2, counts, byAgent: rows, byTarget: rows, byRule: [{ word: "would-deny", rule: text, count: 1 }] },
    ...{ samples: [sample], unjudgeable: [{ what: text, count: 1 }], faults: [] },
  } as unknown as Impact;
}

/** What stands outside of code, where a comment gives words a meaning. */
const outside = (markdown: string) => markdown.replace(/`[^`\n]*`/g, "");

describe("an impact as a comment", () => {
  it.each([
    "https://evil.example/",
    "www.evil.example",
    "@security-team",
    "#1",
    "GH-1",
    "![x](https://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "`@security-team`",
    "a | b | c",
    "a\\",
    "a\n\n# a heading\n@all",
    "a\r\n| x |\u2028@all\u0085@all\u000b@all",
    "",
    " ",
    "`",
  ])("says %j in code only, in its own cell", (text) => {
    const markdown = impactMarkdown(impactOf(text), text);
    const plain = impactMarkdown(impactOf("x"), "x");
    expect(outside(markdown).replaceAll(/ +/g, " ")).toBe(outside(plain).replaceAll(/ +/g, " "));
    expect(markdown.split("\n").map((line) => line.split("|").length)).toEqual(plain.split("\n").map((line) => line.split("|").length));
  });
});
