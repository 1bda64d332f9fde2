import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf } from "../docs/blocks.ts";
import { oddBlocks, openTutorial, type Tutorial } from "../docs/tutorial.ts";
import { outputPattern } from "../docs/walk.ts";

const PAGE = "docs/policy/tutorial.md";
const blocks = blocksOf(PAGE);
let tutorial: Tutorial;

beforeAll(async () => {
  const git = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const author = { GIT_AUTHOR_NAME: "ann", GIT_AUTHOR_EMAIL: "ann@example.com" };
  const committer = { GIT_COMMITTER_NAME: "ann", GIT_COMMITTER_EMAIL: "ann@example.com" };
  tutorial = await openTutorial(PAGE, {
    ports: [4480, 4481],
    env: { ...git, ...author, ...committer },
    after: ({ text }, walk) => {
      if (text === "toolgate demo\n") walk.adapt("toolgate.local.yaml");
    },
  });
});
afterAll(() => tutorial?.end());

describe(PAGE, () => {
  // One after another, each on what the one before it left.
  test.each(blocks.map(({ line }, at) => [line, at] as const))(
    "line %i is as the page says",
    async (_, at) => tutorial.follow(at),
    120_000,
  );

  test("has no block but commands, what they say, files to write and changes to make", () => {
    expect(oddBlocks(blocks)).toEqual([]);
    expect(blocks.filter(({ language }) => language === "text").length).toBeGreaterThan(15);
  });

  test("leaves a repository with everything in it, and the private key out of it", async () => {
    const { walk } = tutorial;
    const tracked = await walk.run({ line: 0, language: "sh", note: "", before: "", text: "git ls-files\n" });
    expect(tracked.said).toContain("policies/policy/steps_test.rego");
    expect(tracked.said).not.toMatch(/\.pem$/m);
    expect(existsSync(join(walk.cwd, "key.pem"))).toBe(true);
  });
});

describe("what a page shows", () => {
  test("is all that a command said, but for what stands as …", () => {
    const shown = "at … it meets: allow\n…\nthe end\n";
    expect(outputPattern(shown).test("at 10:00 it meets: allow\nthis\nthat\nthe end\n")).toBe(true);
    expect(outputPattern(shown).test("at 10:00 it meets: allow\nthe end\n")).toBe(true);
    for (const other of ["at 10:00 it meets: deny\nthe end\n", "at 10:00 it meets: allow\nthe end\nmore\n", "the end\n"])
      expect(outputPattern(shown).test(other)).toBe(false);
    expect(outputPattern("a  b\n").test("a b\n")).toBe(false);
  });
});
