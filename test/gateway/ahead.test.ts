import { describe, expect, it } from "vitest";
import { aheadOf } from "../../src/gateway/ahead.ts";
import type { IntendedCall } from "../../src/gateway/call.ts";
import type { LogMessage, Progress } from "../../src/gateway/index.ts";

function call(rules: readonly string[], wants: { readonly log?: boolean } = { log: true }, logging = true) {
  const heard: { progress: Progress[]; log: LogMessage[] } = { progress: [], log: [] };
  const place: { quarantined?: "server.quarantined" } = {};
  const aimed = {
    exchange: {},
    generation: {},
    caller: { agent: { id: "support-bot" } },
    target: { rules: new Set(rules), id: "crm.echo", server: { id: "crm" } },
    decision: { redactions: [] },
    parts: {
      upstream: { connect: () => ({ current: () => ({ offers: { logging } }) }) },
      quarantine: { caller: () => undefined, target: () => place.quarantined },
      credentials: { scrub: (text: string) => text.replaceAll("hunter2", "[secret]") },
    },
    request: {
      onProgress: (progress: Progress) => heard.progress.push(progress),
      ...(wants.log ? { onLog: (message: LogMessage) => heard.log.push(message), logLevel: "info" } : {}),
    },
  } as unknown as IntendedCall;
  return { ahead: aheadOf(aimed), heard, place };
}

const progress = { progress: 1, total: 2, message: "reading hunter2" };
const message: LogMessage = { level: "info", data: { line: "hunter2" } };

describe("what a server says ahead of its answer", () => {
  it("is passed on without known secrets where nothing is inspected", () => {
    const { ahead, heard } = call(["permit"]);
    ahead.onProgress?.(progress);
    ahead.onLog?.(message);
    expect(ahead.logLevel).toBe("info");
    expect(heard.progress).toEqual([{ ...progress, message: "reading [secret]" }]);
    expect(heard.log).toEqual([{ level: "info", data: { line: "[secret]" } }]);
  });

  it.each(["redact", "withhold"])("holds no words where a package has a %s rule: they would leave uninspected", (rule) => {
    const { ahead, heard } = call([rule]);
    ahead.onProgress?.(progress);
    expect(heard.progress).toEqual([{ progress: 1, total: 2 }]);
    expect(ahead.onLog).toBeUndefined();
    expect(ahead.logLevel).toBeUndefined();
  });

  it("is heard no more from a server that is quarantined meanwhile", () => {
    const { ahead, heard, place } = call(["permit"]);
    ahead.onProgress?.(progress);
    place.quarantined = "server.quarantined";
    ahead.onProgress?.(progress);
    ahead.onLog?.(message);
    expect(heard.progress).toHaveLength(1);
    expect(heard.log).toEqual([]);
  });

  it("is not listened for where the server declared that it writes none", () => {
    expect(call([], { log: true }, false).ahead.onLog).toBeUndefined();
  });

  it("is not asked for by a client that wants none", () => {
    expect(call([], { log: false }).ahead).not.toHaveProperty("onLog");
  });
});
