import { agentId, type Stranger, toolId } from "./company.ts";
import { auditors, elsewhere, outsiders } from "./words.ts";
import { blockOf } from "./yaml.ts";

type Row = Readonly<Record<string, unknown>>;

/** What must hold in the company whatever changes. All of it does. */
export function invariantsText({ servers, departments }: Stranger): string {
  const perDepartment = departments.flatMap((department): Row[] => {
    const own = servers.filter((server) => server.department === department && !server.apart);
    return [
      {
        name: `nobody but heads pays through ${department.id}`,
        because: "Geld verlässt das Haus durch Leute, die es verantworten.",
        users: { has_none_of: [department.heads] },
        targets: { server: own.map(({ id }) => id), effects: "pay" },
        never: "reach",
      },
      {
        name: `heads of ${department.id} can pay`,
        agents: { id: agentId(department, 2), mode: "user_via_agent" },
        users: { has: department.heads, has_none_of: [outsiders] },
        targets: { id: own.map((server) => toolId(server, "settle")) },
        may: "reach",
        during: "mon-fri 08-18",
      },
    ];
  });
  const everywhere: readonly Row[] = [
    { name: "every delete asks", targets: { effects: "delete", kind: "tool" }, always: "ask" },
    { name: "two of the house release what deletes", targets: { effects: "delete" }, always: { approval: "Freigeber" } },
    { name: "what is sent is counted", targets: { effects: "send" }, always: { budget: "post-je-tag" } },
    { name: "every tool is counted", targets: { kind: "tool" }, always: { budget: "aufrufe-je-minute" } },
    { name: "nobody pays without a person", agents: { mode: ["agent", "workload"] }, targets: { effects: "pay" }, never: "reach" },
    { name: "night runs only read", agents: { id: "*-nachtlauf" }, only: { effects: { only: "read" } } },
    {
      name: "people from outside alone only read",
      users: { has: outsiders, has_none_of: others(departments) },
      targets: { kind: "tool" },
      only: { effects: { only: "read" } },
    },
    {
      name: "auditors alone change nothing",
      users: { has: auditors, has_none_of: [...others(departments)].filter((one) => one !== auditors) },
      targets: { kind: "tool" },
      only: { effects: { only: "read" } },
    },
    {
      name: "the harbour does not reach the dry dock",
      agents: { not: { environment: elsewhere } },
      targets: { environment: elsewhere },
      never: "reach",
    },
    { name: "who retired reaches nothing", agents: { id: "*-alt" }, never: "reach", allow_empty: true },
  ];
  return `# Was gelten muss, gleich was sich ändert.\n${blockOf({ version: 1, invariants: [...everywhere, ...perDepartment] })}`;
}

function others(departments: Stranger["departments"]): readonly string[] {
  return [...departments.flatMap(({ staff, heads }) => [staff, heads]), auditors];
}
