import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOpa, openWorkbench, type Proof, provePolicies, readInvariants, writeProof } from "../../../src/authoring/index.ts";
import { opaIsMissing } from "../../parts/policy/opa.ts";

const policies = join(import.meta.dirname, "../../../policies");
const at = Date.UTC(2026, 2, 3, 11, 0); // a Tuesday, 12:00 in Berlin
const same = (text: string): string => text;
const plain = { bold: same, red: same, green: same, yellow: same, dim: same };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "prove-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Edits = Readonly<Record<string, readonly [found: string, wanted: string]>>;

/** The demo's policies with something changed, and what comes of invariants. */
async function proofOf(name: string, edits: Edits, invariants?: string): Promise<Proof> {
  const copy = join(folder, name);
  await cp(policies, copy, { recursive: true });
  for (const [file, [found, wanted]] of Object.entries(edits)) {
    const text = await readFile(join(copy, file), "utf8");
    expect(text).toContain(found);
    await writeFile(join(copy, file), text.replace(found, wanted));
  }
  await rm(join(copy, "cases"), { recursive: true }); // what they want is no longer so
  const read = readInvariants("invariants.yaml", invariants ?? (await readFile(join(copy, "invariants.yaml"), "utf8")));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const opened = await openWorkbench(copy, { findOpa: () => findOpa({ env: process.env }) });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  try {
    const proof = await provePolicies(opened.value, read.value, { at });
    if (!proof.ok) throw new Error(JSON.stringify(proof.error));
    return proof.value;
  } finally {
    await opened.value.close();
  }
}

const failing = ({ verdicts }: Proof) =>
  verdicts
    .filter(({ judgement }) => judgement === "fails" || judgement === "not_shown")
    .map(({ name, judgement, counterExamples: [example] }) => ({
      ...{ name, judgement, target: example?.target.id, agent: example?.caller.agent, why: example?.why },
      permittedBy: example?.permittedBy.map(({ text, file, line }) => `${text} ${file}:${line}`),
    }));

async function lineOf(file: string, text: string): Promise<string> {
  return `${file}:${(await readFile(join(policies, file), "utf8")).split("\n").findIndex((line) => line.includes(text)) + 1}`;
}

// Each compiles policies, some twice.
describe.skipIf(opaIsMissing)("the demo company's invariants", { timeout: 90_000 }, () => {
  test("hold, and say apart what is proven and what holds for the samples", async () => {
    const proof = await proofOf("as-it-is", {});
    expect(failing(proof)).toEqual([]);
    expect(proof.verdicts.map(({ judgement }) => judgement).filter((one) => one === "sampled")).toHaveLength(1);
    expect(writeProof("text", proof, plain)).toContain("not tried, though rules look at it: delegation");
    const rows = writeProof("text", proof, plain).match(/^(proven|sampled) .*/gm) ?? [];
    expect(rows).toHaveLength(proof.verdicts.length);
    // One caller, twelve of them: whatever the counts are, names stand under names.
    expect(rows.map((row) => proof.verdicts.findIndex(({ name }) => row.endsWith(`  ${name}`)))).toEqual(rows.map((_, at) => at));
    expect(new Set(rows.map((row, at) => row.length - (proof.verdicts[at]?.name.length ?? 0))).size).toBe(1);
    expect(rows.join("\n")).toMatch(/ 1 caller {3,}3 targets /);
  });

  test("fail with the role that was widened, and with the line it stands on", async () => {
    const proof = await proofOf("wide-role", {
      "catalog/roles.yaml": ["grants: [crm/search_customers, everything/echo, everything/get-sum]", 'grants: ["crm/*", everything/echo]'],
    });
    const found = failing(proof);
    expect(found.map(({ name }) => name)).toEqual([
      "only refund desks and finance reach a tool that pays",
      "the intern's experiment only reads",
    ]);
    expect(found[0]).toMatchObject({ target: "crm.refund", agent: "intern-bot", why: "it can be reached" });
    expect(found[0]?.permittedBy).toContain(`role intern ${await lineOf("catalog/roles.yaml", "  intern:")}`);
    expect(found[0]?.permittedBy?.some((text) => text.startsWith('permit "') && text.includes("policy/refunds.rego:"))).toBe(true);
  });

  test("fail where a permit asks for less, and name the rule", async () => {
    const proof = await proofOf("wide-permit", {
      "policy/refunds.rego": ['"support" in input.user.groups', '"contractors" in input.user.groups'],
    });
    // Contractors are denied what writes, so what they pay is closed; support alone has lost it.
    expect(failing(proof)).toEqual([
      expect.objectContaining({
        name: "support can look up and refund a customer",
        judgement: "fails",
        target: "crm.refund",
        why: "it is unknown",
      }),
    ]);
  });

  test("fail without the budget and without the denial that hides", async () => {
    const proof = await proofOf("no-budget", {
      "policy/refunds.rego": ['"name": "refunds-per-day"', '"name": "calls-per-minute"'],
      "policy/contractors.rego": [', "hide": true', ""],
    });
    expect(failing(proof)).toEqual([
      expect.objectContaining({
        name: "whoever may refund has a budget for the day",
        target: "crm.refund",
        why: expect.stringContaining("refunds-per-day"),
      }),
      expect.objectContaining({ name: "contractors do not even hear of what is critical", why: "it is closed" }),
    ]);
  });

  test("fail without the approval, at the hours when nobody is asked, and by night", async () => {
    const approve = (when: string) => `oblige contains {"type": "approve", "group": "finance", "ttl_s": 900} if {
	input.tool.id == "crm.update_customer"
	${when}
}

office_hours if {`;
    const invariants = `version: 1
invariants:
  - { name: changes ask, targets: { id: crm.update_customer }, always: ask }
  - { name: changes ask finance, targets: { id: crm.update_customer }, always: { approval: finance } }
  - { name: pays by day, targets: { effects: pay }, always: closed, outside: mon-fri 08-18 }
`;
    const asked = await proofOf("asks", { "policy/refunds.rego": ["office_hours if {", approve("input.tool.pinned")] }, invariants);
    expect(failing(asked).map(({ name }) => name)).toEqual(["pays by day"]);
    const night = asked.verdicts[2]?.counterExamples[0]?.reproduced;
    expect([new Date(night?.at ?? 0).getTime() > at, night?.effect]).toEqual([true, "allow"]);
    const byDay = await proofOf("asks-by-day", { "policy/refunds.rego": ["office_hours if {", approve("office_hours")] }, invariants);
    expect(failing(byDay).map(({ name, why }) => [name, why])).toEqual([
      ["changes ask", "a call is let through without asking anybody"],
      ["changes ask finance", "a call is let through without an approval by finance"],
      ["pays by day", "it can be reached"],
    ]);
    // 12:00 in Berlin asks; the counter-example is of the first hour that does not.
    expect(byDay.verdicts[0]?.counterExamples[0]?.reproduced).toMatchObject({ at: "2026-03-03T17:00:00.000Z", effect: "allow" });
  });

  test("are told for machines with the whole input, and as cases that fail until it is mended", async () => {
    const proof = await proofOf("told", { "catalog/roles.yaml": ["everything/get-sum]", "everything/get-sum, crm/update_customer]"] });
    const json = JSON.parse(writeProof("json", proof, plain));
    const example = json.verdicts[5].counter_examples[0];
    expect([json.ok, json.verdicts[5].holds, example.reproduced.input.tool.id]).toEqual([false, false, "crm.update_customer"]);
    expect(writeProof("cases", proof, plain)).toMatch(/^cases:\n {2}- \{"name":"the intern's experiment only reads".*"want":"deny"\}/);
    expect(writeProof("junit", proof, plain)).toMatch(/tests="8" failures="1"/);
    expect(writeProof("github", proof, plain)).toMatch(
      /^::error file=invariants.yaml,line=\d+,title=invariant::the intern's experiment only reads/,
    );
  });
});
