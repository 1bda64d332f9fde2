import { delimiter, dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf } from "../docs/blocks.ts";
import { oddBlocks, openTutorial, type Tutorial } from "../docs/tutorial.ts";
import { findRedis } from "../support/redis.ts";

const PAGE = "docs/operations/tutorial.md";
const blocks = blocksOf(PAGE);
const redis = findRedis();
const skipped = redis.kind === "missing";
if (skipped) process.stderr.write(`the operations tutorial is not followed: ${redis.reason}\n`);
let tutorial: Tutorial;

beforeAll(async () => {
  if (skipped) return;
  const libraries = redis.kind === "program" && redis.libraries !== undefined ? { LD_LIBRARY_PATH: redis.libraries } : {};
  const program = redis.kind === "program" ? [dirname(redis.program)] : [];
  tutorial = await openTutorial(PAGE, {
    ports: [4480, 4481, 4490, 4491, 6390],
    env: { ...libraries, PATH: [...program, process.env.PATH ?? ""].join(delimiter) },
    after: ({ text }, walk) => {
      if (text.includes("toolgate policy init")) walk.adapt("toolgate.local.yaml");
    },
  });
});
afterAll(() => tutorial?.end());

describe.skipIf(skipped)(PAGE, () => {
  // One after another, each on what the one before it left.
  test.each(blocks.map(({ line }, at) => [line, at] as const))(
    "line %i is as the page says",
    async (_, at) => tutorial.follow(at),
    180_000,
  );

  test("has no block but commands, what they say, files to write and changes to make", () => {
    expect(oddBlocks(blocks)).toEqual([]);
    expect(blocks.filter(({ language }) => language === "text").length).toBeGreaterThan(25);
  });
});
