import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canaryChoice, isInShare } from "../../src/gateway/canary.ts";
import type { Generation } from "../../src/gateway/generation.ts";
import type { Catalog } from "../../src/parts/catalog/index.ts";
import { token } from "../parts/catalog/sample-data.ts";

const agentId = fc.string({ minLength: 1, maxLength: 20 });

describe("the share of a canary", () => {
  test("is the same whenever it is asked, and who is in a small one is in a larger one too", () => {
    fc.assert(
      fc.property(fc.string(), agentId, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (rollout, id, one, other) => {
        const [small, large] = one < other ? [one, other] : [other, one];
        const inSmall = isInShare({ rollout, percent: small }, id);
        expect(isInShare({ rollout, percent: small }, id)).toBe(inSmall);
        if (inSmall) expect(isInShare({ rollout, percent: large }, id)).toBe(true);
      }),
    );
  });

  test("of a hundred percent has everybody, and of none nobody", () => {
    fc.assert(
      fc.property(fc.string(), agentId, (rollout, id) => {
        expect(isInShare({ rollout, percent: 100 }, id)).toBe(true);
        expect(isInShare({ rollout, percent: 0 }, id)).toBe(false);
        expect(isInShare({ rollout }, id)).toBe(false);
      }),
    );
  });

  test("is about as large as it says, and of others in the next rollout", () => {
    const ids = Array.from({ length: 2_000 }, (_, at) => `agent-${at}`);
    const chosen = (rollout: string) => new Set(ids.filter((id) => isInShare({ rollout, percent: 20 }, id)));
    const [one, other] = [chosen("rol_1"), chosen("rol_2")];
    // Six standard deviations.
    for (const { size } of [one, other]) expect(Math.abs(size - 400)).toBeLessThan(6 * Math.sqrt(2_000 * 0.2 * 0.8));
    expect([...one].filter((id) => other.has(id)).length).toBeLessThan(200);
  });

  test("by name has exactly those that are named", () => {
    fc.assert(
      fc.property(fc.array(agentId), agentId, (agents, id) => {
        expect(isInShare({ rollout: "r", agents }, id)).toBe(agents.includes(id));
      }),
    );
  });
});

describe("the generation of a token", () => {
  type Found = ReturnType<Catalog["agentFor"]>;
  const generation = (found: Found, asked: { times: number } = { times: 0 }) =>
    ({
      catalog: {
        agentFor: () => {
          asked.times += 1;
          return found;
        },
      },
    }) as unknown as Generation;
  const known = (id: string): Found => ({ ok: true, value: { id } as never });
  const unknown: Found = { ok: false, error: { code: "agent.unregistered" } };
  const share = { rollout: "r", agents: ["bot"] };
  const bearer = () => token({ clientId: "bot", user: { id: "ann", issuer: "https://id", groups: [] } });

  test("is the candidate for agents in the share and the active one for the others", () => {
    const [active, candidate] = [generation(known("bot")), generation(known("other"))];
    expect(canaryChoice(active, candidate, share, () => 0)(bearer())).toBe(candidate);
    expect(canaryChoice(candidate, active, share, () => 0)(bearer())).toBe(candidate);
  });

  test("goes by the id in the candidate's catalog where only that knows the agent", () => {
    const [active, candidate] = [generation(unknown), generation(known("bot"))];
    expect(canaryChoice(active, candidate, share, () => 0)(bearer())).toBe(candidate);
    expect(canaryChoice(active, generation(unknown), share, () => 0)(bearer())).toBe(active);
  });

  test("stays where it is when the agent is suspended or ends", () => {
    for (const code of ["agent.inactive", "agent.expired"] as const) {
      const candidate = generation(unknown);
      const active = generation({ ok: false, error: { code, agent: "bot" } });
      expect(canaryChoice(active, candidate, share, () => 0)(bearer())).toBe(candidate);
    }
  });

  test("is found out once for each token", () => {
    const asked = { times: 0 };
    const choose = canaryChoice(generation(known("bot"), asked), generation(known("bot")), share, () => 0);
    const [one, other] = [bearer(), bearer()];
    for (const each of [one, one, other, one]) choose(each);
    expect(asked.times).toBe(2);
  });
});
