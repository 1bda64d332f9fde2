import { expect, test } from "vitest";
import { matters } from "../../../src/authoring/dev/index.ts";

test("what a round writes leads to no other round, wherever it is written", () => {
  expect(matters("/p", ".toolgate/dev/bundle.tar.gz")).toBe(false);
  expect(matters("/p", ".git/index")).toBe(false);
  expect(matters("/p", "out/bundle.tar.gz", "/p/out")).toBe(false);
  expect(matters("/p", "out", "/p/out")).toBe(false);
  expect(matters("/p", "outer/a.rego", "/p/out")).toBe(true);
});

test("a file of the author does, and what an editor leaves beside it does not", () => {
  for (const name of ["policy/refunds.rego", "catalog/tools.yaml", null]) expect(matters("/p", name)).toBe(true);
  for (const name of ["policy/.refunds.rego.swp", "policy/refunds.rego~", "policy/4913", "cases/a.swx"])
    expect(matters("/p", name)).toBe(false);
});
