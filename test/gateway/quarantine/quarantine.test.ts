import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type QuarantineKind, quarantineKinds } from "../../../src/core/operations.ts";
import type { VerifiedToken } from "../../../src/core/principal.ts";
import { err, ok } from "../../../src/core/result.ts";
import { type AgentNames, createQuarantine } from "../../../src/gateway/quarantine/index.ts";
import type { CatalogAgent } from "../../../src/parts/catalog/index.ts";
import { memoryOperations } from "../../../src/parts/operations/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { token } from "../../parts/catalog/sample-data.ts";
import { lift, quarantine } from "./quarantining.ts";

const ann = { id: "ann", issuer: "https://id", groups: [] };

function quarantined() {
  const clock = manualClock(1_000);
  const operations = memoryOperations({ clock, replica: "r1" });
  const stale = { ms: 0 };
  const gate = createQuarantine({ operations: { ...operations, staleMs: () => stale.ms }, clock, mostStaleMs: 5_000 });
  return {
    gate,
    clock,
    operations,
    stale,
    put: (kind: QuarantineKind, subject: string, more: { issuer?: string; until?: number } = {}) =>
      quarantine(operations, kind, subject, more),
    /** Why a token gets nothing; in a session if one is named. */
    caller: (of: Partial<VerifiedToken> = {}, session?: string, catalog: AgentNames = names) =>
      gate.caller(
        {
          caller: { token: token({ user: ann, agent: "client-7", ...of }), agentId: "support-bot", key: "" },
          ...(session === undefined ? {} : { session: { id: session, openedAt: 0 } }),
        },
        "support-bot",
        catalog,
      ),
  };
}

/** As a catalog would find them: `client-7` and `client-8` are support-bot, `gone` is one that may not act any more. */
const names: AgentNames = {
  agentFor({ agent, issuer }) {
    if (issuer !== "https://id") return err({ code: "agent.unregistered" });
    if (agent === "client-7" || agent === "client-8") return ok({ id: "support-bot" } as CatalogAgent);
    if (agent === "gone") return err({ code: "agent.inactive", agent: "old-bot" });
    if (agent === "both") return err({ code: "agent.ambiguous", agents: ["one-bot", "two-bot"] });
    return err({ code: "agent.unregistered" });
  },
};

describe("a quarantine", () => {
  it("refuses nobody while it is empty", () => {
    const { gate, caller } = quarantined();
    expect(caller()).toBeUndefined();
    expect(gate.target("crm", "crm.refund")).toBeUndefined();
    expect(gate.ends()).toEqual([]);
  });

  it("refuses an agent by its id in the catalog, and by the name that its token gives it", async () => {
    for (const subject of ["support-bot", "client-7"]) {
      const { put, caller } = quarantined();
      await put("agent", subject);
      expect(caller()).toBe("agent.quarantined");
    }
  });

  it("refuses one instance of an agent and leaves its others alone", async () => {
    const { put, caller } = quarantined();
    await put("agent", "client-8");
    expect(caller({ agent: "client-7" })).toBeUndefined();
    expect(caller({ agent: "client-8" })).toBe("agent.quarantined");
  });

  it("refuses a child of a quarantined agent, however far down the chain and by whichever of its names", async () => {
    const chain = (...subjects: string[]) => ({ agent: "child", delegation: subjects.map((subject) => ({ subject })) });
    const cases = [
      ["planner", chain("child", "planner")],
      ["planner", chain("child", "helper", "planner")],
      ["support-bot-2", chain("child", "client-9")],
      ["old-bot", chain("child", "gone")],
      ["two-bot", chain("child", "both")],
    ] as const;
    for (const [subject, of] of cases) {
      const { put, caller } = quarantined();
      await put("agent", subject);
      const catalog: AgentNames = {
        agentFor: (asked, at) => (asked.agent === "client-9" ? ok({ id: "support-bot-2" } as CatalogAgent) : names.agentFor(asked, at)),
      };
      expect(caller(of, undefined, catalog), subject).toBe("agent.quarantined");
      expect(caller(chain("child", "somebody-else"), undefined, catalog)).toBeUndefined();
    }
  });

  it("takes a name in a chain for what its own issuer calls so", async () => {
    const { put, caller } = quarantined();
    await put("agent", "support-bot-2");
    const catalog: AgentNames = {
      agentFor: ({ agent, issuer }) =>
        agent === "planner" && issuer === "https://other"
          ? ok({ id: "support-bot-2" } as CatalogAgent)
          : err({ code: "agent.unregistered" }),
    };
    const delegation = (issuer?: string) => ({
      agent: "child",
      delegation: [{ subject: "child" }, issuer === undefined ? { subject: "planner" } : { subject: "planner", issuer }],
    });
    expect(caller(delegation(), undefined, catalog)).toBeUndefined();
    expect(caller(delegation("https://other"), undefined, catalog)).toBe("agent.quarantined");
  });

  it("refuses a user whichever issuer names it; with an issuer only that one's", async () => {
    const everywhere = quarantined();
    await everywhere.put("user", "ann");
    for (const issuer of ["https://id", "https://partner"])
      expect(everywhere.caller({ user: { ...ann, issuer } })).toBe("user.quarantined");
    const one = quarantined();
    await one.put("user", "ann", { issuer: "https://partner" });
    expect(one.caller()).toBeUndefined();
    expect(one.caller({ user: { ...ann, issuer: "https://partner" } })).toBe("user.quarantined");
  });

  it("does not take an agent, a session or a server for the user of the same name", async () => {
    const { put, caller, gate } = quarantined();
    await put("user", "crm");
    expect(caller({ agent: "crm" }, "crm")).toBeUndefined();
    expect(gate.target("crm", "crm.refund")).toBeUndefined();
  });

  it("refuses a session and no other one of its caller", async () => {
    const { put, caller } = quarantined();
    await put("session", "ses_1");
    expect(caller({}, "ses_1")).toBe("session.quarantined");
    expect(caller({}, "ses_2")).toBeUndefined();
    expect(caller()).toBeUndefined();
  });

  it("refuses everything of a server, and of a tool only the tool", async () => {
    const { put, gate } = quarantined();
    await put("tool", "crm.refund");
    expect(gate.target("crm", "crm.refund")).toBe("tool.quarantined");
    expect(gate.target("crm", "crm.read")).toBeUndefined();
    expect(gate.target("crm")).toBeUndefined();
    await put("server", "crm");
    expect(gate.target("crm", "crm.read")).toBe("server.quarantined");
    expect(gate.target("crm")).toBe("server.quarantined");
    expect(gate.target("crm2", "crm2.read")).toBeUndefined();
  });

  it("ends by itself at its instant, and not before", async () => {
    const { put, caller, clock, gate } = quarantined();
    await put("agent", "support-bot", { until: 2_000 });
    expect(gate.ends()).toEqual([2_000]);
    clock.set(1_999);
    expect(caller()).toBe("agent.quarantined");
    clock.set(2_000);
    expect(caller()).toBeUndefined();
  });

  it("holds as long as any of several entries does", async () => {
    const { put, caller, clock, operations } = quarantined();
    await put("agent", "support-bot", { until: 2_000 });
    const open = await put("agent", "support-bot");
    await put("agent", "support-bot", { until: 3_000 });
    clock.set(2_500);
    expect(caller()).toBe("agent.quarantined");
    await lift(operations, open);
    expect(caller()).toBe("agent.quarantined");
    clock.set(3_000);
    expect(caller()).toBeUndefined();
  });

  it("tells of what was put on and lifted, and not of a rollout", async () => {
    const { put, gate, operations } = quarantined();
    const heard: number[] = [];
    const stop = gate.onChange(() => heard.push(heard.length));
    await operations.update((state) => ok({ ...state, held: staged }));
    expect(heard).toHaveLength(0);
    const id = await put("server", "crm");
    await operations.update((state) => ok({ ...state, held: { ...staged, at: 2 } }));
    expect(heard).toHaveLength(1);
    await lift(operations, id);
    expect(heard).toHaveLength(2);
    stop();
    await put("server", "crm");
    expect(heard).toHaveLength(2);
  });
});

const staged = { name: "acme", revision: "1", sequence: 2, digest: `sha256:${"0".repeat(64)}`, signer: "key", at: 1 } as const;

describe("a state that nobody confirms", () => {
  it("is believed for as long as it may be, and then lets nobody pass", () => {
    const { caller, stale, gate } = quarantined();
    stale.ms = 5_000;
    expect(caller()).toBeUndefined();
    expect(gate.staleMs()).toBeUndefined();
    stale.ms = 5_001;
    expect(caller()).toBe("gateway.operations_unknown");
    expect(gate.staleMs()).toBe(5_001);
    stale.ms = Number.POSITIVE_INFINITY;
    expect(caller()).toBe("gateway.operations_unknown");
  });

  it("still says who is known to be quarantined", async () => {
    const { caller, stale, put } = quarantined();
    await put("agent", "support-bot");
    stale.ms = 60_000;
    expect(caller()).toBe("agent.quarantined");
  });
});

describe("names", () => {
  /** Texts that look alike, are equal after some folding, or hide something. */
  const lookAlike = fc
    .constantFrom(
      "ann",
      "Ann",
      "ANN",
      "ａｎｎ",
      "а" + "nn",
      "ann ",
      " ann",
      "ann\u200b",
      "ann\u0000",
      "a\u006e\u0303n",
      "a\u00f1n",
      "ann/",
      "an%6e",
      "__proto__",
    )
    .chain((text) => fc.constantFrom(text, text.normalize("NFC"), text.normalize("NFD"), text.toUpperCase()));

  it("are compared sign by sign: a variant neither slips through under a mark of its own nor blocks somebody else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...quarantineKinds), lookAlike, lookAlike, async (kind, marked, asked) => {
        const { put, gate, caller } = quarantined();
        await put(kind, marked);
        const refused = {
          agent: () => caller({ agent: asked }),
          user: () => caller({ user: { ...ann, id: asked } }),
          session: () => caller({}, asked),
          server: () => gate.target(asked),
          tool: () => gate.target("crm", asked),
        }[kind]();
        expect(refused).toBe(marked === asked ? `${kind}.quarantined` : undefined);
      }),
    );
  });
});
