import { describe, expect, it } from "vitest";
import { recordLine } from "../../src/cli/log.ts";
import { systemTerminal } from "../../src/cli/terminal.ts";
import type { LogRecord } from "../../src/parts/decisions/index.ts";

const terminal = systemTerminal();
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours, where this is run in a terminal
const line = (record: LogRecord) => recordLine(terminal, record).replaceAll(/\u001b\[\d+m/g, "");
const olga = { time: "2026-11-21T21:34:09.457Z", kind: "operator", operator: "platform/olga", bundle: { revision: "one" } };

describe("a record as one line", () => {
  it("says what an operator is about to do, to what and why, and what came of it", () => {
    const added = { ...olga, act: "quarantine", subject: { kind: "agent", subject: "reporter" }, why: "it sends mail" };
    expect(line({ ...added, phase: "intent" })).toBe(
      '21:34:09.457 operator   platform/olga          quarantine agent reporter  intent     one "it sends mail"',
    );
    expect(line({ ...added, phase: "outcome", effect: "allow" })).toContain("quarantine agent reporter  allow ");
    const refused = { ...olga, act: "stage", phase: "refusal", effect: "deny", reasons: [{ code: "operator.role_missing" }] };
    expect(line(refused)).toBe(
      "21:34:09.457 operator   platform/olga          stage                      deny      operator.role_missing one",
    );
  });

  it("names the client of somebody whom no entry fits, and who moved a bundle", () => {
    const stranger = { ...olga, operator: undefined, principal: { client: "toolgate-cli", user: "bob" }, act: "enter", phase: "refusal" };
    expect(line(stranger)).toContain("bob via toolgate-cli   enter ");
    const moved = { ...olga, kind: "bundle", operator: undefined, by: "gateway", effect: "rolled_back", why: "new-denies>2: 3" };
    expect(line(moved)).toBe(`21:34:09.457 bundle     gateway${" ".repeat(43)}rolled_back  one "new-denies>2: 3"`);
  });

  it("tells a call as before: who, through which agent, which tool", () => {
    const call = {
      time: olga.time,
      kind: "refusal",
      principal: { user: "ann", agent: "support-bot" },
      target: "crm.refund",
      effect: "deny",
    };
    expect(line({ ...call, reasons: [{ code: "refunds.too_much" }], bundle: olga.bundle })).toBe(
      "21:34:09.457 refusal    ann via support-bot    crm.refund                 deny      refunds.too_much one",
    );
  });
});
