import { describe, expect, it } from "vitest";
import { keyedMasker } from "../../src/gateway/mask.ts";

const masker = keyedMasker(Buffer.alloc(32, 7));
const input = JSON.stringify({ args: { iban: "DE02", id: "c-1" }, user: { id: "ann" } });

describe("masking what a record shows", () => {
  it("puts a keyed digest in the place of a value and lists the path", () => {
    const masked = JSON.parse(masker.mask(input, ["/args/iban"]));
    expect(masked).toMatchObject({ args: { id: "c-1" }, user: { id: "ann" }, masked: ["/args/iban"] });
    expect(masked.args.iban).toMatch(/^hmac-sha256:[0-9a-f]{32}$/);
  });

  it("gives equal values equal digests, and another key another one", () => {
    expect(masker.hash("DE02")).toBe(masker.hash("DE02"));
    expect(masker.hash("DE02")).not.toBe(keyedMasker(Buffer.alloc(32, 8)).hash("DE02"));
  });

  it("hides everything for the empty path", () => {
    expect(masker.mask(input, [""])).toBe('{"masked":[""]}');
  });

  it("hides everything when a mask cannot be read", () => {
    expect(masker.mask(input, ["args.iban"])).toBe('{"masked":[""]}');
  });

  it("leaves a text alone whose masked paths are not there", () => {
    expect(masker.mask(input, ["/args/phone"])).toBe(input);
  });
});
