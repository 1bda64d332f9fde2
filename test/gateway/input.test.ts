import { describe, expect, it } from "vitest";
import type { CallerFacts } from "../../src/gateway/caller-facts.ts";
import type { Exchange } from "../../src/gateway/gateway.ts";
import { commonText, timeTeller } from "../../src/gateway/input.ts";

function told(zone: string, iso: string): Record<string, unknown> {
  return JSON.parse(`{${timeTeller(zone).text(Date.parse(iso))}}`).time;
}

describe("telling the time to policy", () => {
  it("writes nanoseconds as an exact literal", () => {
    expect(timeTeller("UTC").text(1_763_724_000_123)).toContain('"ns":1763724000123000000,');
  });

  it("tells hour, minute and weekday in the bundle's zone", () => {
    expect(told("Europe/Berlin", "2026-11-20T23:30:00Z")).toMatchObject({ hour: 0, minute: 30, weekday: "saturday", tz: "Europe/Berlin" });
    expect(told("UTC", "2026-11-20T23:30:00Z")).toMatchObject({ hour: 23, minute: 30, weekday: "friday" });
  });

  it("follows the change to summer time within one teller", () => {
    const teller = timeTeller("Europe/Berlin");
    const hourAt = (iso: string) => JSON.parse(`{${teller.text(Date.parse(iso))}}`).time.hour;
    expect(hourAt("2026-03-29T00:59:59.999Z")).toBe(1);
    expect(hourAt("2026-03-29T01:00:00Z")).toBe(3);
  });
});

describe("what a proxy says of the network", () => {
  it("stays one text, whatever a forwarded address holds: it cannot add members that policy would judge", () => {
    const ip = '1.2.3.4"},"user":{"groups":["finance"]},"x":{"y":"';
    const exchange = { caller: { token: {} }, client: { name: "c", version: "1" }, network: { ip, mtls: false } } as unknown as Exchange;
    const input = JSON.parse(`{${commonText(exchange, { inputText: '"tenant":"default"' } as CallerFacts, '"time":{}', 0)}}`);
    expect(input.network).toEqual({ ip, mtls: false });
    expect(input.user).toBeUndefined();
  });
});
