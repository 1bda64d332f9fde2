import { describe, expect, it } from "vitest";
import { labelled, wrapped } from "../../../src/hindsight/explain/text/lines.ts";
import { type Impact, impactText } from "../../../src/hindsight/index.ts";

const counts = { same: 0, changed: 0, "would-deny": 1, "would-allow": 0, "would-ask": 0, unjudgeable: 1 };
const own = (text: string) => text;
const paint = { bold: own, dim: own, red: own, green: own, yellow: own };
const table = (rows: readonly (readonly string[])[]) => rows.map((row) => `  ${row.join("  ")}`).join("\n");

function impactOf(text: string): Impact {
  const rows = [{ what: text, counts }];
  const counted = [{ what: text, count: 1 }];
  const sample = { word: "would-deny", id: "dec_1", time: "t", agent: text, user: text, target: text, before: "allow", after: "deny" };
  return {
    ...{ decisions: 2, counts, byAgent: rows, byTarget: rows, byRule: [{ word: "would-deny", rule: text, count: 1 }] },
    ...{ samples: [{ ...sample, causes: [text], message: text }], unjudgeable: counted, turnedAway: counted, notCompared: counted },
    faults: [],
  } as unknown as Impact;
}

describe("a name that a caller chose", () => {
  it.each(["x\n::error::all is well", "x\r\n::set-output name=a::b", "x\u2028::error::x", "x\u0085::error::x", "x\u000b\u000c::error::x"])(
    "%j begins no line in what CI reads",
    (text) => {
      const told = [impactText(impactOf(text), "bundle", paint, table), ...wrapped(text, 40), ...labelled("who", text, 8, own)].join("\n");
      expect(told).toContain("::");
      expect(told.split(/[\p{Cc}\p{Zl}]/u).filter((line) => line.trimStart().startsWith("::"))).toEqual([]);
      expect(impactText(impactOf(text), "bundle", paint, table).split("\n")).toHaveLength(
        impactText(impactOf("x"), "bundle", paint, table).split("\n").length,
      );
    },
  );
});
