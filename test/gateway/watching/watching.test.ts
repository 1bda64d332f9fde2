import { describe, expect, it, vi } from "vitest";
import { server } from "../../parts/catalog/sample-data.ts";
import { listingOf, type SmallGate, smallGate } from "../small-gate.ts";

const uri = "note://crm/a";

function watched(gate: SmallGate) {
  const heard: string[] = [];
  const stop = gate.gateway.watch(
    gate.exchange(),
    uri,
    () => heard.push("news"),
    () => heard.push("refused"),
  );
  return { heard, stop };
}

function crm(gate: SmallGate) {
  const { crm: found } = gate.live;
  if (!found) throw new Error("there is no server crm");
  return found;
}

describe("subscribing to a resource", () => {
  it("is judged as a method of its own on the normalised URI, and leaves a pair of records", async () => {
    const gate = smallGate();
    expect(await gate.gateway.subscribe(gate.exchange(), "NOTE://crm/./a")).toEqual({ ok: true, value: { uri } });
    expect(gate.records().slice(-2)).toMatchObject([
      { kind: "intent", method: "resources/subscribe", target: "crm.notes", uri },
      { kind: "outcome", method: "resources/subscribe", target: "crm.notes", uri, effect: "allow" },
    ]);
    expect(crm(gate).calls).toEqual([]);
  });

  it("is refused as policy says, and unknown for what the caller may not know of", async () => {
    const gate = smallGate();
    gate.rules.decide = ({ method }) => (String(method) === "resources/subscribe" ? "x.quiet" : true);
    expect(await gate.gateway.subscribe(gate.exchange(), uri)).toMatchObject({
      ok: false,
      error: { kind: "refused", reasons: [{ code: "x.quiet" }] },
    });
    expect(await gate.gateway.subscribe(gate.exchange(), "file:///etc/passwd")).toMatchObject({ ok: false, error: { kind: "unknown" } });
    expect(await gate.gateway.subscribe(gate.exchange(), "no uri")).toMatchObject({ ok: false, error: { kind: "unknown" } });
  });
});

describe("hearing of changes", () => {
  it("each piece of news is judged and put on record before it is told", async () => {
    const gate = smallGate();
    const { heard, stop } = watched(gate);
    crm(gate).tellUpdated(uri);
    await vi.waitFor(() => expect(heard).toEqual(["news"]));
    expect(gate.records().at(-1)).toMatchObject({ kind: "notice", method: "resources/subscribe", uri, effect: "allow" });
    stop();
    expect(crm(gate).watchers.size).toBe(0);
  });

  it("news that policy refuses by now is not told; the caller is told that once, and hears no more", async () => {
    const gate = smallGate();
    const { heard } = watched(gate);
    gate.rules.decide = () => "x.closed";
    crm(gate).tellUpdated(uri);
    crm(gate).tellUpdated(uri);
    await vi.waitFor(() => expect(heard).toEqual(["refused"]));
    expect(crm(gate).watchers.size).toBe(0);
    expect(gate.records().at(-1)).toMatchObject({ kind: "refusal", reasons: [{ code: "x.closed" }] });
  });

  it("goes on for a watcher that failed, and for all others", async () => {
    const gate = smallGate();
    const heard: string[] = [];
    gate.gateway.watch(
      gate.exchange(),
      uri,
      () => {
        heard.push("failed");
        throw new Error("a bug");
      },
      () => {},
    );
    const other = watched(gate);
    for (const times of [1, 2]) {
      crm(gate).tellUpdated(uri);
      await vi.waitFor(() => expect([heard.length, other.heard.length]).toEqual([times, times]));
    }
  });

  it("ends with the token", async () => {
    const gate = smallGate();
    const { heard } = watched(gate);
    gate.clock.advance(3_600_000);
    crm(gate).tellUpdated(uri);
    await vi.waitFor(() => expect(heard).toEqual(["refused"]));
  });

  it("a bundle that no longer allows it ends it at once, without waiting for news", async () => {
    const gate = smallGate();
    const { heard } = watched(gate);
    gate.swap((data) => {
      delete data.catalog.resources.crm;
    });
    await vi.waitFor(() => expect(heard).toEqual(["refused"]));
    expect(crm(gate).watchers.size).toBe(0);
  });

  it("ends at once when the bundle is revoked and none is left", async () => {
    const gate = smallGate();
    const { heard } = watched(gate);
    gate.revoke();
    await vi.waitFor(() => expect(heard).toEqual(["refused"]));
    expect(gate.records().at(-1)).toMatchObject({ kind: "refusal", uri, bundle: null, reasons: [{ code: "bundle.none" }] });
  });

  it("goes on over a bundle that still allows it, and while its server is away", async () => {
    const gate = smallGate();
    const { heard } = watched(gate);
    crm(gate).listing = undefined;
    gate.swap((data) => {
      data.catalog.servers.crm = server({ max_concurrent: 9 });
    });
    await vi.waitFor(() => expect(gate.records().at(-1)).toMatchObject({ reasons: [{ code: "upstream.unavailable" }] }));
    crm(gate).listing = listingOf({});
    crm(gate).tellUpdated(uri);
    await vi.waitFor(() => expect(heard).toEqual(["news"]));
    expect(crm(gate).watchers.get(uri)?.size).toBe(1);
  });

  it("news that comes while other news is judged is told once", async () => {
    const gate = smallGate();
    const { heard, stop } = watched(gate);
    for (let at = 0; at < 100; at += 1) crm(gate).tellUpdated(uri);
    await vi.waitFor(() => expect(heard).toEqual(["news", "news"]));
    stop();
  });
});
