import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomIds } from "../../../src/core/ids.ts";
import { decisionsConfig, formatHead, parseHead } from "../../../src/parts/decisions/index.ts";

describe("a head as text", () => {
  it("reads back as what was written", () => {
    const ids = randomIds();
    const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.nat(), hex, (time, count, hash) => {
        const head = { log: ids.log(time), count, hash };
        expect(parseHead(formatHead(head))).toEqual({ ok: true, value: head });
      }),
    );
  });

  it.each(["", "log_x:1:2", `log_01998000-0000-7000-8000-000000000000:01:${"a".repeat(64)}`, `dec:1:${"a".repeat(64)}`])(
    '"%s" is refused with what was wanted',
    (text) => {
      expect(parseHead(text)).toMatchObject({ ok: false, error: { code: "head.invalid", detail: expect.stringContaining("wanted") } });
    },
  );
});

describe("the section of the configuration", () => {
  it("has a default for everything and refuses what it does not know", () => {
    expect(decisionsConfig.parse({})).toEqual({ segment_mb: 64, stall_ms: 2000, durability: { read: "grouped", other: "always" } });
    expect(decisionsConfig.parse({ durability: { read: "always" } }).durability).toEqual({ read: "always", other: "always" });
    for (const wrong of [{ segments: 1 }, { segment_mb: 0 }, { durability: { write: "always" } }, { durability: { read: "never" } }]) {
      expect(decisionsConfig.safeParse(wrong).success).toBe(false);
    }
  });
});
