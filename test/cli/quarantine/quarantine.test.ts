import { createColors } from "picocolors";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listText } from "../../../src/cli/quarantine/list.ts";
import type { Terminal } from "../../../src/cli/terminal.ts";
import { toolgateHere } from "../../support/command-line.ts";
import { type FakeAdmin, now, problem, startFakeAdmin } from "../admin/fake-admin.ts";

const id = "qua_01890a5d-ac96-774b-bcce-b302099a8057";
const entry = { id, kind: "agent", subject: "support-bot", reason: "odd calls", by: "security/olga", at: now - 3_600_000 } as const;

let admin: FakeAdmin;
beforeEach(async () => {
  admin = await startFakeAdmin();
  admin.answer("quarantine", { value: entry });
  admin.answer("liftQuarantine", { value: entry });
});
afterEach(() => admin.close());

const quarantine = (...args: string[]) =>
  toolgateHere(["quarantine", ...args], { env: { ...process.env, TOOLGATE_ADMIN: admin.url, TOOLGATE_TOKEN: "t0ken" } });

describe("quarantine", () => {
  it("lists what is quarantined, by whom, why, and for how long", () => {
    const user = { ...entry, id: "qua_2", kind: "user", subject: "ann", issuer: "https://id", until: now + 90_000 } as const;
    expect(listText({ paint: createColors(false) } as Terminal, [entry, user], now)).toBe(
      `  id                                         what                     since     left           by              reason
  ${id}   agent support-bot        1 h ago   until lifted   security/olga   odd calls
  qua_2                                      user ann of https://id   1 h ago   1 min 30 s     security/olga   odd calls`,
    );
  });

  it("says so where nothing is", async () => {
    admin.answer("listQuarantine", { value: { quarantine: [] } });
    expect(await quarantine("list")).toEqual({ code: 0, out: "Nothing is quarantined.\n", err: "" });
    expect((await quarantine("list", "--json")).out).toBe('{"quarantine":[]}\n');
  });

  it("puts something on, for a time, and says how it is lifted", async () => {
    const { code, out } = await quarantine("add", "user", "ann", "--issuer", "https://id", "--for", "12h", "--why", "phished");
    expect(code).toBe(0);
    expect(out).toBe(`Quarantined agent support-bot until it is lifted.\n  toolgate quarantine lift ${id} --why "…"\n`);
    expect(admin.arrived).toMatchObject([
      { route: "quarantine", body: { kind: "user", subject: "ann", issuer: "https://id", forMs: 43_200_000, reason: "phished" } },
    ]);
  });

  it("lifts it again, with the reason", async () => {
    expect(await quarantine("lift", id, "--why", "it was a test")).toMatchObject({ code: 0, out: "Lifted: agent support-bot.\n" });
    expect(admin.arrived).toMatchObject([{ route: "liftQuarantine", params: [id], query: { why: "it was a test" } }]);
  });

  it.each([
    [["add", "robot", "x", "--why", "w"], "Allowed choices are agent, user, server, tool, session"],
    [["add", "agent", "x"], "--why"],
    [["add", "agent", "x", "--issuer", "https://id", "--why", "w"], "--issuer is for a user"],
    [["add", "agent", "x", "--for", "-1h", "--why", "w"], "--for"],
    [["lift", "--why", "w"], "id"],
  ])("refuses the command line %j and asks the gateway nothing", async (args, wanted) => {
    const { code, err } = await quarantine(...args);
    expect(code).toBe(2);
    expect(err).toContain(wanted);
    expect(admin.arrived).toEqual([]);
  });

  it("says what there is nothing of: 1", async () => {
    admin.answer("quarantine", problem(404, "quarantine.unknown", { detail: 'the catalog has no tool "crm.refunds"', remedy: "Look." }));
    const { code, err } = await quarantine("add", "tool", "crm.refunds", "--why", "w");
    expect(code).toBe(1);
    expect(err).toContain('the catalog has no tool "crm.refunds"');
  });
});
