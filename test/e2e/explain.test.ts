import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shop } from "../hindsight/explain/company.ts";
import { opaIsMissing } from "../parts/policy/opa.ts";
import { toolgateHere } from "../support/command-line.ts";
import { type Gate, startGate } from "../support/gate.ts";
import { houseOperators, operatorsClient } from "../support/gate-company.ts";
import type { Ended } from "./command.ts";

const unknown = "dec_01991e5a-7c3e-7abc-8def-0123456789ab";

let gate: Gate;
let id: string;

beforeAll(async () => {
  if (opaIsMissing) return;
  gate = await startGate({ company: { ...shop, operators: houseOperators } });
  await gate.call("crm__refund", { amount: 1500 }, { token: await gate.token({ user: "ann", groups: ["desk"] }) });
  await gate.call("crm__get_customer", {});
  id = (await gate.records()).find(({ kind }) => kind === "refusal")?.id ?? "";
}, 60_000);
afterAll(() => gate?.stop());

const explain = (...args: readonly string[]): Promise<Ended> => toolgateHere(["explain", ...args]);

describe.skipIf(opaIsMissing)("toolgate explain", () => {
  test("says in the first line why, within a hundred columns, and ends with 0", async () => {
    const { code, out } = await explain(id, gate.dataDir);
    expect(code).toBe(0);
    expect(out.split("\n")[0]).toBe("Refused: refunds.too_much by policy.refunds - input.args.amount = 1500 is above");
    expect(out).toContain("checked: OPA");
    expect(Math.max(...out.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
    const all = await explain(id, gate.dataDir, "--all");
    expect(all.out).toContain("Looked at, and did not hold");
  });

  test("gives everything as one JSON object", async () => {
    const { code, out } = await explain(id, gate.dataDir, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, v: 1, id, verdict: "refused", conditions: { by: "opa", equal: true }, faults: [] });
  });

  test("without OPA it tells the rest, names how to get OPA, and ends with 0", async () => {
    const env = { ...process.env, PATH: "", TOOLGATE_OPA: "" };
    const { code, out } = await toolgateHere(["explain", id, gate.dataDir], { env });
    expect(code).toBe(0);
    expect(out).toMatch(/conditions of rules need OPA: found no opa; install OPA/);
    expect(out).toContain("yes  user ann         role desk");
  });

  test("a malformed id, and no place to look in, are a wrong command line", async () => {
    const malformed = await explain("dec_nonsense", gate.dataDir);
    expect(malformed).toMatchObject({ code: 2, out: "" });
    expect(malformed.err).toContain('"dec_nonsense" is no decision id');
    expect(await explain(id)).toMatchObject({ code: 2, err: expect.stringContaining("data_dir") });
  });

  test("an id that does not exist: where was looked, what time that covers, and when the id was made", async () => {
    const { code, err } = await explain(unknown, gate.dataDir);
    expect(code).toBe(1);
    expect(err).toMatch(/"dec_01991e5a-.*" is in none of the \d+ records of ".*", from 20.*Z to 20.*Z/);
    expect(err).toContain("the id was made at 2025-09-06T");
    expect(JSON.parse((await explain(unknown, gate.dataDir, "--json")).out)).toMatchObject({ ok: false, kind: "unknown" });
  });

  test("a folder without a log is something missing", async () => {
    expect(await explain(id, join(gate.folder, "nowhere"))).toMatchObject({ code: 69 });
  });

  test("an OPA that was named and does not work is told, and the rest is explained", async () => {
    const { code, out } = await toolgateHere(["explain", id, gate.dataDir], { env: { ...process.env, TOOLGATE_OPA: "/nowhere/opa" } });
    expect(code).toBe(0);
    expect(out).toContain('TOOLGATE_OPA is "/nowhere/opa"');
  });
});

describe.skipIf(opaIsMissing)("a running gateway", () => {
  async function asked(operator: string, ...args: readonly string[]): Promise<Ended> {
    const token = await gate.token({ user: operator, agent: operatorsClient, groups: [] });
    return toolgateHere(["explain", ...args], { env: { ...process.env, TOOLGATE_ADMIN: gate.adminUrl, TOOLGATE_TOKEN: token } });
  }

  test("gives an auditor records and bundle, and the explanation is the same", async () => {
    const [here, there] = await Promise.all([explain(id, gate.dataDir, "--json"), asked("adam", id, "--json")]);
    expect(there.out).toContain("verdict");
    expect(JSON.parse(there.out)).toEqual(JSON.parse(here.out));
  });

  test("says what it refuses to whom, and that it does not know an id", async () => {
    const refused = await asked("nobody", id);
    expect(refused).toMatchObject({ code: 69, out: "" });
    expect(refused.err).toContain("operator.unknown");
    expect(await asked("adam", unknown)).toMatchObject({ code: 1, err: expect.stringContaining("decision.unknown") });
  });
});

describe.skipIf(opaIsMissing)("a log that does not hold", () => {
  async function segments(): Promise<readonly string[]> {
    const log = join(gate.dataDir, "log");
    const names = (await readdir(log)).filter((name) => name.startsWith("log_")).sort();
    return (await Promise.all(names.map(async (name) => (await readdir(join(log, name))).map((file) => join(log, name, file)))))
      .flat()
      .sort();
  }

  test("a changed line behind the decision is said, and the exit code is 1", async () => {
    await gate.restart();
    const [first = ""] = await segments();
    const text = await readFile(first, "utf8");
    await writeFile(
      first,
      text.replace(/(.*)\n$/, (line) => line.replace('"time":"20', '"time":"19')),
    );
    const { code, out } = await explain(id, gate.dataDir);
    expect(code).toBe(1);
    expect(out).toMatch(/^Refused: refunds\.too_much/);
    expect(out).toMatch(/does not hold: the log of ".*" does not hold: changed at/);
    await writeFile(first, text);
    expect((await explain(id, gate.dataDir)).code).toBe(0);
  });

  test("a missing segment: nothing behind it is believed, and that is said", async () => {
    const [first = ""] = await segments();
    await rename(first, `${first}.away`);
    const { code, err } = await explain(id, gate.dataDir);
    expect(code).toBe(1);
    expect(err).toMatch(/is in none of the 0 records[\s\S]*missing_segment/);
    await rename(`${first}.away`, first);
  });
});
