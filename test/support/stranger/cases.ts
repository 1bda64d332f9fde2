import { pinOf } from "../../../src/core/tool.ts";
import { agentId, type Department, extension, extensionMethod, type Stranger, type StrangerServer, toolId } from "./company.ts";
import type { Concern } from "./concerns/index.ts";
import { auditors, environment, issuer, outsiders } from "./words.ts";
import { blockOf } from "./yaml.ts";

type Row = Readonly<Record<string, unknown>>;

/** The files of cases/ by name: one for each kind of package, what holds for every server, and inputs that are said whole. */
export function casesOf(stranger: Stranger, concerns: readonly Concern[]): Readonly<Record<string, string>> {
  const callers = callersOf(stranger.departments);
  const files = new Map<string, Row[]>();
  for (const { name, cases } of concerns) {
    const kind = name.split("_")[0] ?? name;
    if (cases.length > 0) files.set(kind, [...(files.get(kind) ?? []), ...cases]);
  }
  files.set(
    "zugang",
    stranger.servers.filter(({ apart }) => !apart).flatMap((server) => accessCases(server)),
  );
  const short = [...files].map(([kind, cases]) => [
    `${kind}.yaml`,
    fileText(`Fälle zu ${kind}: wer fragt, was, und was dabei herauskommt.`, { callers, cases }),
  ]);
  const whole = fileText("Ganze Eingaben: was eine Kurzform nicht sagen kann.", { cases: wholeCases(stranger) });
  return { ...Object.fromEntries(short), "ganz.yaml": whole };
}

function fileText(about: string, { callers, cases }: { readonly callers?: Row; readonly cases: readonly Row[] }): string {
  return `# ${about}\n${blockOf({ version: 1, ...(callers && { callers }) })}cases:\n${cases.map((one) => blockOf([one]).replace(/^(?=.)/gm, "  ")).join("\n")}`;
}

function callersOf(departments: readonly Department[]): Row {
  const rows = departments.flatMap((department): [string, Row][] => {
    const { id, staff, heads } = department;
    return [
      [`${id}-arbeit`, { agent: agentId(department, 2), user: "erika", email: "erika@werftkontor.example", groups: [staff] }],
      [`${id}-leitung`, { agent: agentId(department, 2), user: "þóra", email: "thora@werftkontor.example", groups: [staff, heads] }],
      [`${id}-kiosk`, { agent: agentId(department, 1), user: "erika", groups: [heads] }],
      [`${id}-nachts`, { agent: agentId(department, 3) }],
      [`${id}-fremd`, { agent: agentId(department, 4), user: "extern-9", groups: [outsiders] }],
    ];
  });
  const [first] = departments;
  return { ...Object.fromEntries(rows), ...(first && { revision: { agent: agentId(first, 2), user: "revisor", groups: [auditors] } }) };
}

/** Who sees and may use what of a server by its roles alone. */
function accessCases(server: StrangerServer): readonly Row[] {
  const { id, department } = server;
  const [count, purge, note] = (["count", "purge", "note"] as const).map((trade) => toolId(server, trade));
  return [
    { name: `${id}: somebody of the department counts`, as: `${department.id}-arbeit`, call: count, args: {}, want: "allow" },
    { name: `${id}: a night run looks at what is no risk`, as: `${department.id}-nachts`, list: [note, purge], want: "none" },
    {
      name: `${id}: somebody from outside does not know that anything is deleted`,
      as: `${department.id}-fremd`,
      call: purge,
      args: { ids: ["HK-1"], reason: "nur so" },
      want: "unknown",
    },
    {
      ...{ name: `${id}: a definition that drifted`, as: `${department.id}-arbeit`, call: count, args: {}, drifted: true },
      want: { effect: "deny", reasons: ["tool.drifted"] },
    },
  ];
}

/** What no short form says: questions of servers, methods of extensions, folders, a server that nobody has. */
function wholeCases({ servers, departments }: Stranger): readonly Row[] {
  const [server] = servers;
  const [department] = departments;
  if (server === undefined || department === undefined) return [];
  const input = wholeInput(server, department);
  const elicitation = { id: `${server.id}.elicitation`, origin: toolId(server, "settle"), mode: "form", fields: ["Betrag"] };
  const sampling = { id: `${server.id}.sampling`, origin: toolId(server, "find"), max_tokens: 100, tools: false, include_context: "none" };
  const method = { id: `${server.id}.${extensionMethod}`, method: extensionMethod, extension };
  const [count] = server.tools.filter(({ trade }) => trade === "count");
  const tool = {
    ...{ id: toolId(server, "count"), name: count?.name, digest: pinOf(count?.definition ?? { name: "", inputSchema: {} }, server.era) },
    ...{
      pinned: true,
      status: "approved",
      annotations: {},
      ...pick(count?.facts ?? {}, ["risk", "effects", "data_classes", "idempotent"]),
    },
  };
  const decide = (name: string, method_: string, asked: Row, want: Row): Row => ({
    ...{ name, entrypoint: "decide", input: { ...input, phase: "call", method: method_, ...asked, args_digest: "sha256:00" }, want },
  });
  return [
    decide(
      "a form about a payment, by a rule",
      "elicitation/create",
      { elicitation, args: { message: "Stimmt der Betrag?" } },
      { effect: "allow", known: true, reasons: [] },
    ),
    decide(
      "a form for a password",
      "elicitation/create",
      { elicitation: { ...elicitation, fields: ["Kennwort"] }, args: {} },
      { effect: "deny", reasons: [{ code: "fragen.secret", rule: "fragen" }] },
    ),
    decide(
      "a page that nobody knows",
      "elicitation/create",
      { elicitation: { ...elicitation, mode: "url", fields: [], host: "x.example" }, args: {} },
      { effect: "deny" },
    ),
    decide(
      "a model that is asked for a little",
      "sampling/createMessage",
      { sampling, args: { messages: [] } },
      { effect: "allow", reasons: [] },
    ),
    decide(
      "a model that is asked for much",
      "sampling/createMessage",
      { sampling: { ...sampling, max_tokens: 9000 }, args: {} },
      { effect: "deny", reasons: [{ code: "fragen.tokens", rule: "fragen" }] },
    ),
    decide(
      "folders of a client",
      "roots/list",
      { roots: { id: `${server.id}.roots`, origin: toolId(server, "find") }, args: {} },
      { effect: "allow", reasons: [] },
    ),
    decide(
      "a word that is too short",
      extensionMethod,
      { extension: method, args: { word: "ab" } },
      { effect: "deny", reasons: [{ code: "ordner.word", rule: "ordner" }] },
    ),
    decide("a word of the register", extensionMethod, { extension: method, args: { word: "Kiel" } }, { effect: "allow", reasons: [] }),
    decide("a tool, said whole", "tools/call", { tool, args: {} }, { effect: "allow", known: true, reasons: [] }),
    decide(
      "a tool of a server that nobody has",
      "tools/call",
      { tool, server: { ...input.server, id: "geisterschiff" }, args: {} },
      { effect: "deny", reasons: [{ code: "policy.no_index" }] },
    ),
    {
      name: "a list, said whole",
      entrypoint: "discover",
      input: { ...input, phase: "discover", method: "tools/list", items: [{ server: input.server, tool }] },
      want: { visible: [0] },
    },
  ];
}

function wholeInput(server: StrangerServer, department: Department) {
  const roles = [`${department.id}-team`, `${department.id}-kopf`];
  return {
    time: {
      ns: 1767776400000000000n,
      rfc3339: "2026-01-07T09:00:00.000Z",
      hour: 9,
      minute: 0,
      weekday: "wednesday",
      tz: "Atlantic/Reykjavik",
    },
    tenant: "default",
    environment,
    principal: { kind: "user_via_agent" },
    agent: {
      ...{ id: agentId(department, 2), name: "Leitstand", owner: "x", team: department.id, environment, surface: "chat", status: "active" },
      roles: [...roles, "alles"],
    },
    user: { id: "þóra", issuer, groups: [department.staff, department.heads], roles },
    delegation: [],
    client: { name: "probe", version: "1" },
    session: { id: "ses_1", age_s: 3, labels: [] },
    network: { ip: "127.0.0.1", mtls: false },
    server: { id: server.id, owner: `${department.id}-betrieb`, trust: "internal", environment, transport: "http", status: "approved" },
    limits: { truncated: [], omitted: [] },
  };
}

function pick(row: Row, members: readonly string[]): Row {
  return Object.fromEntries(members.map((member) => [member, row[member]]));
}
