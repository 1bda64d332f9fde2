import { describe, expect, it } from "vitest";
import type { Judged, Rejudged } from "../../../src/gateway/index.ts";
import type { bundleData } from "../../parts/catalog/sample-data.ts";
import { second } from "./recorded.ts";

type Data = ReturnType<typeof bundleData>;

const NS = "1780315200123000000";

/** A recorded call whose input lacks these leaves. */
function recorded(masked: readonly string[], omitted: readonly string[] = []): Judged {
  const digest = "hmac-sha256:00";
  const has = (path: string) => masked.includes(path);
  const input = {
    phase: "call",
    method: "tools/call",
    time: { ns: 0, rfc3339: "2026-06-01T12:00:00.123Z", hour: 14, minute: 0, weekday: "monday", tz: "Europe/Berlin" },
    tenant: "default",
    environment: "demo",
    principal: { kind: "user_via_agent" },
    agent: { id: "support-bot", environment: "demo", roles: ["support"], instance: "support-bot" },
    user: {
      id: has("/user/id") ? digest : "ann",
      issuer: "https://id",
      groups: has("/user/groups") ? digest : ["support"],
      roles: ["support"],
    },
    delegation: [],
    client: has("/client") ? digest : { name: "c", version: "1" },
    session: { labels: [] },
    network: { ip: "::1", mtls: false },
    server: { id: "crm", environment: "demo", status: "approved" },
    tool: { id: "crm.refund", name: "refund", digest: "sha256:00", pinned: true },
    ...(omitted.length > 0 ? {} : { args: { iban: has("/args/iban") ? digest : "DE1", amount: 7 } }),
    limits: { truncated: [], omitted },
    ...(masked.length === 0 ? {} : { masked }),
  };
  const whole = masked.includes("") ? { masked } : input;
  return {
    inputText: JSON.stringify(whole).replace('"ns":0', `"ns":${NS}`),
    target: "crm.refund",
    principal: { kind: "user_via_agent", issuer: "https://id", subject: "ann", agent: "support-bot", instance: "support-bot", user: "ann" },
  };
}

/** A bundle whose packages read these paths; without any it is not told. */
function reading(...paths: readonly (readonly string[])[]) {
  return second((data: Data) => {
    Object.assign(data.catalog, { reads: { refunds: paths, common: [["tool", "id"]] } });
  });
}

const kindOf = ({ kind }: Rejudged) => kind;

async function both(judged: Judged, of: ReturnType<typeof second>): Promise<readonly string[]> {
  return [kindOf(await of.rejudge.again(judged)), kindOf(await of.rejudge.anew(judged))];
}

const able = ["decided", "decided"];
const unable = ["unjudgeable", "unjudgeable"];

describe("a leaf that a mask replaced", () => {
  it("changes nothing where no package reads it", async () => {
    expect(await both(recorded(["/args/iban"]), reading(["args", "amount"]))).toEqual(able);
    expect(await both(recorded(["/user/id", "/client"]), reading(["args"]))).toEqual(able);
  });

  it("cannot be judged without where a package reads it, what is below it, or what is above it", async () => {
    for (const path of [["args", "iban"], ["args", "iban", "country"], ["args"]])
      expect(await both(recorded(["/args/iban"]), reading(path))).toEqual(unable);
    expect(await both(recorded(["/args/*"]), reading(["args", "amount"]))).toEqual(unable);
  });

  it("cannot be judged without where a package does not say what it reads", async () => {
    expect(await both(recorded(["/args/iban"]), second())).toEqual(unable);
  });

  it("is named with what became of it", async () => {
    const answer = await reading(["args"]).rejudge.anew(recorded(["/args/iban"]));
    expect(answer).toEqual({
      kind: "unjudgeable",
      path: "/args/iban",
      why: '"/args/iban" is masked in the record and may decide',
    });
  });

  it("that the library or the catalog needs cannot be judged without, whatever packages read", async () => {
    for (const path of ["/server/id", "/agent/roles", "/user/roles", "/tool/name", "/principal", "/time/ns", ""]) {
      const answer = await reading(["args", "amount"]).rejudge.again(recorded([path]));
      expect([path, answer.kind]).toEqual([path, "unjudgeable"]);
    }
    for (const path of ["/user/groups", "/tool/digest", "/time", "/method", "/user", "/*", "no pointer", ""]) {
      const answer = await reading(["args", "amount"]).rejudge.anew(recorded([path]));
      expect([path, answer.kind]).toEqual([path, "unjudgeable"]);
    }
  });

  it("is looked up anew where the second catalog has it", async () => {
    const { rejudge, asked } = reading(["agent", "name"]);
    expect(await rejudge.anew(recorded(["/agent/name"]))).toMatchObject({ kind: "decided" });
    expect(JSON.parse(asked[0] ?? "").agent.name).toBe("Support bot");
  });
});

describe("what policy is asked", () => {
  it("is the record's text without what the record added to it, to the last digit", async () => {
    const { rejudge, asked } = reading(["args", "amount"]);
    const plain = recorded([]);
    await rejudge.again(plain);
    expect(asked).toEqual([plain.inputText]);
    await rejudge.again(recorded(["/args/iban"]));
    expect(asked[1]).toBe(plain.inputText.replace("DE1", "hmac-sha256:00"));
    expect(asked[1]).toContain(`"ns":${NS}`);
    await rejudge.anew(plain);
    expect(asked[2]).toContain(`"ns":${NS}`);
  });

  it("lacks arguments that were too large for the record only where nobody reads any", async () => {
    expect(await both(recorded([], ["/args"]), reading(["args", "amount"]))).toEqual(unable);
    const { rejudge, asked } = reading(["tool", "name"]);
    expect(await both(recorded([], ["/args"]), { rejudge, asked })).toEqual(able);
    expect(asked.map((text) => JSON.parse(text).limits)).toEqual([
      { truncated: [], omitted: [] },
      { truncated: [], omitted: [] },
    ]);
  });
});
