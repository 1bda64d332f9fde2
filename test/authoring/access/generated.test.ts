import fc from "fast-check";
import { expect, test } from "vitest";
import { type AccessCaller, type AccessTarget, accessOf, type Workbench } from "../../../src/authoring/index.ts";
import { type Agent, type Company, openCompany, type PackageName, packages, ROLES, TOOLS } from "./small-company.ts";

const at = Date.UTC(2026, 2, 3, 11, 0); // a Tuesday, 12:00 in Berlin
const RUNS = 12;
const CELLS = 24;

const some = <T>(from: readonly T[], maxLength = from.length) => fc.uniqueArray(fc.constantFrom(...from), { maxLength });

const agent: fc.Arbitrary<Agent> = fc.record(
  {
    team: fc.constantFrom("loud", "quiet"),
    surface: fc.constantFrom("job", "chat"),
    modes: fc.constantFrom(["user_via_agent"], ["user_via_agent", "agent"], ["agent"]) as fc.Arbitrary<NonNullable<Agent["modes"]>>,
    roles: some(ROLES),
    roles_alone: some(ROLES),
  },
  { requiredKeys: ["modes", "roles"] },
);
const grants = fc.record({ alpha: some(TOOLS), beta: some(TOOLS) });
const companies = (judges: readonly PackageName[]): fc.Arbitrary<Company> =>
  fc.record({
    agents: fc.record({ a0: agent, a1: agent, a2: agent }),
    roles: fc.record({ r0: grants, r1: grants, r2: grants }),
    groups: fc.record({ g0: some(ROLES), g1: some(ROLES), g2: some(ROLES) }),
    packages: fc.record({ alpha: some(judges, 5), beta: some(judges, 3) }),
  });

async function withCompany(company: Company, use: (workbench: Workbench) => Promise<void>): Promise<void> {
  const workbench = await openCompany(company);
  try {
    await use(workbench);
  } finally {
    await workbench.close();
  }
}

/** Places spread over a list of this length, the same for the same seed. */
function places(seed: number, length: number): readonly number[] {
  return Array.from({ length: Math.min(CELLS, length) }, (_, step) => (seed + step * 7919) % length);
}

test("a table in which callers and targets are taken together is the table that is asked cell by cell", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(companies(packages), fc.nat(), async (company, seed) =>
      withCompany(company, async (workbench) => {
        const table = await accessOf(workbench, { at, groups: "all-combinations" });
        expect(table.failures).toEqual([]);
        const pairs = table.callers.flatMap((caller) => table.targets.map((target) => ({ caller, target })));
        for (const place of places(seed, pairs.length)) {
          const { caller, target } = pairs[place] ?? expect.fail("no such pair");
          const alone = await accessOf(workbench, {
            at,
            agents: [caller.agent],
            targets: [target.id],
            ...(caller.groups && { groups: [caller.groups] }),
          });
          const same = alone.callers.find(({ kind }) => kind === caller.kind) ?? expect.fail("the caller alone is not there");
          expect([caller, target.id, table.cell(caller, target)]).toEqual([
            caller,
            target.id,
            alone.cell(same, alone.targets[0] ?? expect.fail("no target")),
          ]);
        }
      }),
    ),
    { numRuns: RUNS },
  );
});

const instants = fc.integer({ min: at, max: at + 7 * 86_400_000 });
const probe = fc.record({
  now: instants,
  amount: fc.constantFrom(0, 2, 11),
  client: fc.constantFrom("bad", "good"),
  intent: fc.constantFrom("bad", "good"),
  ip: fc.constantFrom("192.0.2.1", "127.0.0.1"),
  user: fc.record({
    id: fc.constantFrom("mallory", "ann"),
    email: fc.constantFrom("bad@example.com", "ann@example.com"),
    auth: fc.constantFrom({ acr: "weak" }, { acr: "strong" }),
  }),
});

type Probe = typeof probe extends fc.Arbitrary<infer T> ? T : never;

async function decided(workbench: Workbench, caller: AccessCaller, target: AccessTarget, tried: Probe) {
  const { rehearsal } = workbench;
  const user = caller.groups && { ...tried.user, groups: caller.groups };
  const asked = { agent: caller.agent, kind: caller.kind, client: { name: tried.client, version: "1" }, ...(user && { user }) };
  const more = { network: { ip: tried.ip, mtls: false }, request: { intent: tried.intent } };
  const rehearsed = rehearsal.caller({ ...asked, ...more }, tried.now);
  if (!rehearsed.ok) throw new Error(rehearsed.error);
  const tool = rehearsal.targets.tools.get(target.id) ?? expect.fail(`no tool ${target.id}`);
  return rehearsal.decide(rehearsed.value, tool, { args: { amount: tried.amount }, now: tried.now });
}

test("no cell says plainly what a call at another time, with other arguments or by another client does not meet", {
  timeout: 120_000,
}, async () => {
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(companies(packages), fc.nat(), fc.array(probe, { minLength: 12, maxLength: 12 }), async (company, seed, tries) =>
      withCompany(company, async (workbench) => {
        const table = await accessOf(workbench, { at });
        const pairs = table.callers.flatMap((caller) => table.targets.map((target) => ({ caller, target })));
        for (const place of places(seed, pairs.length)) {
          const { caller, target } = pairs[place] ?? expect.fail("no such pair");
          const cell = table.cell(caller, target);
          const { when, facts, arguments: judged } = cell.conditions;
          if (when !== undefined || judged || facts.length > 0) continue;
          plain += 1;
          for (const tried of tries) {
            const { effect, known } = await decided(workbench, caller, target, tried);
            const wanted = { open: { effect: cell.effect, known: true }, closed: { effect: "deny" }, unknown: { known: false } }[
              cell.state
            ];
            expect([caller, target.id, tried, { effect, known }]).toEqual([caller, target.id, tried, expect.objectContaining(wanted)]);
          }
        }
      }),
    ),
    { numRuns: RUNS * 2 },
  );
  expect(plain).toBeGreaterThan(0);
});
