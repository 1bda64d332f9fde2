import { expect, test, vi } from "vitest";
import { toolgate } from "../../e2e/command.ts";
import { freshPolicies, packs } from "./repositories.ts";

// Each starts a process of its own.
vi.setConfig({ testTimeout: 120_000 });

test("the list names every pack", async () => {
  const { code, out } = await toolgate(["policy", "add", "--list", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out).packs.map(({ id }: { id: string }) => id)).toEqual(packs.map(({ id }) => id));
});

test("a pack that there is not is a wrong command line, with the nearest and all of them", async () => {
  const { code, out, err } = await toolgate(["policy", "add", "ofice-hours"]);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toContain('did you mean "office-hours"?');
  for (const { id } of packs) expect(err).toContain(id);
});

test("a switch of the other kind is a wrong command line, a missing folder something that is missing", async () => {
  const switched = await toolgate(["policy", "add", "argument-fences", "--server", "crm"]);
  expect(switched.code).toBe(2);
  expect(switched.err).toContain("use --tool");
  const missing = await toolgate(["policy", "add", "read-only", "--policies", "/nonexistent"]);
  expect(missing.code).toBe(69);
});

test("what was written and what comes next is told, as text and as JSON", async () => {
  const policies = await freshPolicies();
  const text = await toolgate(["policy", "add", "read-only", "--policies", policies]);
  expect(text.code, text.err).toBe(0);
  expect(text.out).toContain("it judges nothing yet");
  const json = await toolgate(["policy", "add", "read-only", "--policies", policies, "--server", "everything", "--json"]);
  expect(JSON.parse(json.out)).toMatchObject({ ok: true, pack: "read-only", entries: ["custom.read_only.servers: everything"] });
});
