import { describe, expect, it } from "vitest";
import { randomIds } from "../../src/core/ids.ts";

const UUID7 = /^dec_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("minting ids", () => {
  it("makes a prefix and a UUID of version 7", () => {
    const ids = randomIds();
    for (let i = 0; i < 2000; i++) expect(ids.decision(1_763_724_000_000 + i)).toMatch(UUID7);
  });

  it("puts the time first, in milliseconds", () => {
    const id = randomIds().reservation(0x0123_4567_89ab);
    expect(id.slice(0, "res_01234567-89ab".length)).toBe("res_01234567-89ab");
  });

  it("sorts ids by the time they were minted", () => {
    const ids = randomIds();
    const minted = Array.from({ length: 500 }, (_, at) => ids.session(1_763_724_000_000 + at * 7));
    expect(minted.toSorted()).toEqual(minted);
  });

  it("mints no id twice", () => {
    const ids = randomIds();
    expect(new Set(Array.from({ length: 50_000 }, () => ids.log(1))).size).toBe(50_000);
  });
});
