import fc from "fast-check";
import { expect, test } from "vitest";
import type { Asked } from "../../src/gateway/index.ts";
import { pinned, summary } from "../parts/catalog/sample-data.ts";
import { type Loose, listingOf, smallGate, unending } from "./small-gate.ts";

const text = fc.string({ unit: "grapheme" });
const note = { name: 'odd "name"', arguments: [{ name: "a" }, { name: "__b" }] };
const segment = fc.oneof(fc.constantFrom("a", "..", ".", "%2e%2e", "%61", "%2F", "~b"), fc.webSegment());

const requests: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({ method: fc.constant("prompts/get"), name: fc.constant("summary"), args: fc.record({ customer: text }) }),
  fc.record({
    method: fc.constant("prompts/get"),
    name: fc.constant(note.name),
    args: fc.record({ a: text, __b: text }, { requiredKeys: [] }),
  }),
  fc.record({
    method: fc.constant("completion/complete"),
    ref: fc.constant({ type: "ref/prompt", name: "summary" } as const),
    argument: fc.record({ name: fc.constant("customer"), value: text }),
    context: fc.dictionary(text, text),
  }),
  fc.array(segment).map((path): Asked => ({ method: "resources/read", uri: `note://crm/${path.join("/")}` })),
);

test("whatever is asked for: the server gets the very values that policy judged, or nothing", async () => {
  const gate = smallGate((data) => {
    data.catalog.prompts.crm = { ...data.catalog.prompts.crm, [note.name]: { ...pinned(note), data_classes: [] } };
  });
  const { crm } = gate.live;
  if (!crm) throw new Error("there is no server crm");
  crm.listing = listingOf({ prompts: [summary, note] });
  let judged: Loose = {};
  gate.rules.decide = (input) => {
    judged = input;
    return true;
  };
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(requests, async (asked) => {
      crm.calls.length = 0;
      const answer = await gate.gateway.request(gate.exchange(), { asked, signal: unending });
      const [call] = crm.calls;
      expect(call !== undefined).toBe(answer.kind === "result");
      if (!call || call.ask.method === "tools/call") return;
      sent += 1;
      expect(String(judged.method)).toBe(call.ask.method);
      expect(JSON.parse(`{${call.ask.paramsText}}`)).toEqual(paramsFor(judged));
    }),
    { numRuns: 500 },
  );
  expect(sent).toBeGreaterThan(300);
});

/** What a server must get for what policy saw. */
function paramsFor({ prompt, resource, completion, args }: Loose): object {
  if (prompt) return { name: prompt.name, arguments: args };
  if (resource) return { uri: resource.uri };
  return {
    ref: { type: "ref/prompt", name: completion?.name },
    argument: { name: completion?.argument, value: args?.value },
    context: { arguments: args?.context },
  };
}
