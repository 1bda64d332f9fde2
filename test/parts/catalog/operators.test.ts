import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { VerifiedToken } from "../../../src/core/principal.ts";
import { glob, readCatalog } from "../../../src/parts/catalog/index.ts";
import { meet } from "../../../src/parts/catalog/matches.ts";
import { agent, bundleData, now, token } from "./sample-data.ts";

const issuer = "https://id";
const cli = { issuer, client_id: "toolgate-cli" };
const people = (extra: object = {}) => ({ roles: ["operator"], match: [cli], users: ["ann"], modes: ["user_via_agent"], ...extra });

function read(operators: Record<string, unknown>, agents?: Record<string, Record<string, unknown>>) {
  const data = bundleData();
  if (agents !== undefined) data.catalog.agents = agents;
  return readCatalog({ ...data, catalog: { ...data.catalog, operators } });
}

function find(operators: Record<string, unknown>, bearer: VerifiedToken, at = now) {
  const catalog = read(operators);
  if (!catalog.ok) throw new Error(JSON.stringify(catalog.error));
  const found = catalog.value.operatorFor(bearer, at);
  return found.ok ? { id: found.value.id, roles: [...found.value.roles] } : found.error;
}

const ann = (extra: Partial<VerifiedToken> = {}): VerifiedToken =>
  token({
    agent: "toolgate-cli",
    clientId: "toolgate-cli",
    delegation: [{ subject: "toolgate-cli" }],
    subject: "ann",
    user: { id: "ann", issuer, groups: ["staff"] },
    ...extra,
  });
const unknown = { code: "operator.unknown", ended: [] };

describe("the operator of a token", () => {
  it("is a named user of the named client", () => {
    expect(find({ sre: people() }, ann())).toEqual({ id: "sre", roles: ["operator"] });
    expect(find({ sre: people({ users: ["bob"] }) }, ann())).toEqual(unknown);
    expect(find({ sre: people({ users: ["bob"], groups: ["staff"] }) }, ann())).toEqual({ id: "sre", roles: ["operator"] });
  });

  it("is nobody where the bundle has no table of operators", () => {
    const catalog = readCatalog(bundleData());
    expect(catalog.ok && catalog.value.operatorFor(ann(), now)).toEqual({ ok: false, error: unknown });
  });

  it.each([
    [
      "an agent that acts for the same user",
      ann({ agent: "support-bot", clientId: "support-bot", delegation: [{ subject: "support-bot" }] }),
    ],
    ["an agent that got a token whose actor is the operators' client", ann({ clientId: "support-bot" })],
    ["a token that was handed on by an agent", ann({ delegation: [{ subject: "toolgate-cli" }, { subject: "support-bot" }] })],
    ["an actor of another issuer", ann({ delegation: [{ subject: "toolgate-cli", issuer: "https://evil" }] })],
    ["the same names at another issuer", ann({ issuer: "https://evil" })],
    ["the client alone, without the user", ann({ kind: "agent", subject: "toolgate-cli" })],
  ])("is nobody: %s", (_, bearer) => {
    expect(find({ sre: people() }, bearer)).toEqual(unknown);
  });

  it("is a workload where the entry is for workloads, and no user of it", () => {
    const ci = { roles: ["viewer"], match: [{ issuer, subject_pattern: "spiffe://corp/*/deploy" }], modes: ["workload"] };
    const { user: _, ...workload } = ann({
      kind: "workload",
      agent: "spiffe://corp/ci/deploy",
      delegation: [{ subject: "spiffe://corp/ci/deploy" }],
    });
    expect(find({ ci }, workload)).toEqual({ id: "ci", roles: ["viewer"] });
    expect(find({ ci }, ann({ agent: "spiffe://corp/ci/deploy", delegation: [] }))).toEqual(unknown);
  });

  it("is ambiguous if two entries fit: roles are never joined", () => {
    const both = { sre: people(), audit: people({ users: undefined, groups: ["staff"], roles: ["auditor"] }) };
    const { users: _, ...audit } = both.audit;
    expect(find({ sre: both.sre, audit }, ann())).toEqual({ code: "operator.ambiguous", operators: ["audit", "sre"] });
  });

  it("is nobody from the instant on at which its entry ends, and an ended entry makes nobody ambiguous", () => {
    const until = new Date(now).toISOString();
    const { users: _, ...stays } = people({ groups: ["staff"], roles: ["viewer"] });
    expect(find({ sre: people({ until }) }, ann(), now - 1)).toEqual({ id: "sre", roles: ["operator"] });
    expect(find({ sre: people({ until }) }, ann(), now)).toEqual({ code: "operator.unknown", ended: ["sre"] });
    expect(find({ sre: people({ until }), desk: stays }, ann(), now)).toEqual({ id: "desk", roles: ["viewer"] });
  });
});

describe("a table of operators in a bundle", () => {
  const paths = (operators: Record<string, unknown>, agents?: Record<string, Record<string, unknown>>) => {
    const catalog = read(operators, agents);
    return catalog.ok ? [] : catalog.error.map(({ path }) => path);
  };

  it.each([
    ["the same client id", { client_id: "toolgate-cli" }, true],
    ["a subject of that name", { subject: "toolgate-cli" }, true],
    ["a pattern that fits it", { subject_pattern: "tool*" }, true],
    ["another client", { client_id: "other" }, false],
    ["a pattern that does not fit it", { subject_pattern: "*-bot" }, false],
  ])("is refused if an agent could be it: %s", (_, match, refused) => {
    const agents = { bot: agent({ match: [{ issuer, ...match }] }) };
    expect(paths({ sre: people() }, agents)).toEqual(refused ? ["catalog.operators.sre.match[0]"] : []);
    expect(paths({ sre: people() }, { bot: agent({ match: [{ issuer: "https://other", ...match }] }) })).toEqual([]);
  });

  it("is refused if an agent could be what a pattern of it fits", () => {
    const sre = people({ match: [cli, { issuer, subject_pattern: "ops-*" }] });
    for (const [match, refused] of [
      [{ client_id: "ops-bot" }, true],
      [{ subject_pattern: "*-bot" }, true],
      [{ subject_pattern: "bot-*" }, false],
    ] as const) {
      expect(paths({ sre }, { bot: agent({ match: [{ issuer, ...match }] }) })).toEqual(refused ? ["catalog.operators.sre.match[1]"] : []);
    }
  });

  it("is refused if it names a user twice at one client", () => {
    expect(paths({ sre: people(), audit: people({ roles: ["auditor"] }) })).toEqual(["catalog.operators.audit.users[0]"]);
    const elsewhere = people({ match: [{ issuer, client_id: "other-cli" }] });
    expect(paths({ sre: people(), audit: elsewhere })).toEqual([]);
  });
});

describe("two entries", () => {
  const piece = fc.stringMatching(/^[ab*]{1,5}$/).filter((text) => /[^*]/.test(text));

  it("meet exactly if some name fits both", () => {
    const grow = (name: string): string[] => (name.length === 5 ? [name] : [name, ...grow(`${name}a`), ...grow(`${name}b`)]);
    const names = [...grow("a"), ...grow("b")];
    fc.assert(
      fc.property(piece, piece, (a, b) => {
        const [fitsA, fitsB] = [glob(a), glob(b)];
        // What two patterns of five signs have in common has a text of at most as many plain signs as both.
        const common = names.some((name) => fitsA(name) && fitsB(name));
        if (common) expect(meet({ issuer, subject_pattern: a }, { issuer, subject_pattern: b })).toBe(true);
        else if (a.length + b.length <= 5) expect(meet({ issuer, subject_pattern: a }, { issuer, subject_pattern: b })).toBe(false);
      }),
    );
  });

  it("take a star of a client id for itself", () => {
    expect(meet({ issuer, client_id: "a*" }, { issuer, client_id: "ab" })).toBe(false);
    expect(meet({ issuer, client_id: "a*" }, { issuer, subject_pattern: "a*" })).toBe(true);
  });
});
