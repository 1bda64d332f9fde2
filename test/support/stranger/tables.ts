import { agentId, agentKinds, type Department, extension, extensionMethod, type Stranger, type StrangerServer } from "./company.ts";
import { toolNameOf } from "./tools.ts";
import { auditors, elsewhere, environment, issuer, outsiders, zone } from "./words.ts";
import { tableText } from "./yaml.ts";

type Rows = Readonly<Record<string, unknown>>;

/** What the packages want to find in the tables. */
export interface TableWants {
  readonly custom: Rows;
  readonly shifts: Rows;
  readonly budgets: Rows;
}

/** The files of catalog/ by name, but for the pins. */
export function tablesOf(stranger: Stranger, wants: TableWants): Readonly<Record<string, string>> {
  const { servers, departments } = stranger;
  const byId = <T>(rowOf: (server: StrangerServer) => T) => Object.fromEntries(servers.map((server) => [server.id, rowOf(server)]));
  const settings = {
    timezone: zone,
    max_decide_ms: 50,
    shifts: wants.shifts,
    questions: { hosts: ["konto.werftkontor.example"], max_tokens: 800 },
  };
  return {
    "servers.yaml": tableText(
      "servers",
      "Was hinter dem Tor steht. Adressen stehen in der Konfiguration.",
      byId(serverRow),
      remarksOn(servers),
    ),
    "tools.yaml": tableText("tools", "Geprüft von der Sicherheit, nie von den Servern selbst.", byId(toolRows)),
    "prompts.yaml": tableText(
      "prompts",
      "Vorlagen, die Modelle lesen.",
      byId(() => ({ tagesbericht: { data_classes: ["betrieb"] }, Übergabe: { data_classes: [] } })),
    ),
    "resources.yaml": tableText("resources", "Papiere und Seiten.", byId(resourceRows)),
    "roles.yaml": tableText("roles", "Wer was darf, je Server und je Abteilung.", rolesOf(stranger)),
    "groups.yaml": tableText("groups", "Gruppen, wie die Anmeldung sie nennt.", groupsOf(departments)),
    "agents.yaml": tableText("agents", "Alle Agenten. Wer hier fehlt, kommt nicht herein.", agentsOf(stranger)),
    "budgets.yaml": tableText("budgets", "Wie viel und wie oft.", { ...budgetsOf(), ...wants.budgets }),
    "approvals.yaml": tableText("approvals", "Was vorher jemand freigibt.", approvalsOf(departments)),
    "settings.yaml": tableText("settings", "Was Regeln lesen: Schichten, Häuser, Grenzen.", settings),
    "custom.yaml": tableText("custom", "Unsere eigenen Listen.", wants.custom),
  };
}

function remarksOn(servers: readonly StrangerServer[]): Record<string, string> {
  return Object.fromEntries(
    servers.map((server) => [server.id, server.apart ? "Steht im Trockendock, nicht im Hafen." : `Betrieb: ${server.department.staff}`]),
  );
}

function serverRow(server: StrangerServer): Rows {
  const { id, title, index, department, asks, extensions, era, apart } = server;
  const transports = [
    { kind: "http", place: id, host_class: "loopback", era },
    { kind: "http", url: `https://127.0.0.1:9/${id}/mcp`, host_class: "loopback", era },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as tables name a path of the configuration
    { kind: "stdio", place: id, argv: ["${paths.programm}", "--still", "mcp"], era },
  ];
  // The first four are where tests can be.
  const transport = transports[index < 4 ? 0 : index % transports.length] ?? transports[0];
  return {
    ...{
      title,
      owner: `${department.id}-betrieb`,
      trust: index % 5 === 4 ? "partner" : "internal",
      environment: apart ? elsewhere : environment,
    },
    ...{ status: index % 11 === 10 ? "deprecated" : "approved", transport },
    ...(index % 11 === 10 && { replacement: "hafenwiki" }),
    ...(transport?.kind === "http" && index > 3 && { credential: { mode: "company", secret: id, header: "x-hafen-key", prefix: "" } }),
    ...{ timeout_ms: 4000 + index * 500, max_result_bytes: 262_144, max_concurrent: 16 },
    ...(asks.length > 0 && { asks }),
    ...(extensions.length > 0 && { extensions, extension_methods: { [extension]: [extensionMethod] } }),
  };
}

function toolRows({ tools }: StrangerServer): Rows {
  return Object.fromEntries(tools.map(({ name, facts }) => [name, facts]));
}

function resourceRows({ id }: StrangerServer): Rows {
  return {
    handbuch: { uri: `hafen://${id}/handbuch/**`, data_classes: ["betrieb"] },
    bericht: { template: `hafen://${id}/berichte/{jahr}`, data_classes: ["betrieb", "geld"] },
  };
}

function rolesOf({ servers, departments }: Stranger): Rows {
  const perServer = servers.flatMap((server): [string, unknown][] => {
    const { id, index } = server;
    const name = (trade: Parameters<typeof toolNameOf>[1]) => `${id}/${toolNameOf(index, trade)}`;
    return [
      [
        `${id}-lesen`,
        {
          title: `Liest in ${server.title}`,
          by_effect: [{ servers: [id], effects: ["read"], max_risk: "medium" }],
          prompts: [`${id}/tagesbericht`],
          resources: [`${id}/*`],
        },
      ],
      [`${id}-tun`, { title: "Ändert und meldet", includes: [`${id}-lesen`], grants: [name("move"), name("send"), name("note")] }],
      [
        `${id}-leiten`,
        {
          title: "Zahlt, löscht, startet",
          includes: [`${id}-tun`],
          grants: [name("settle"), name("purge"), name("run"), name("export")],
          prompts: [`${id}/*`],
          ...(server.asks.length > 0 && { asks: server.asks.map((ask) => `${id}/${ask}`) }),
          ...(server.extensions.length > 0 && { methods: [`${id}/*`] }),
        },
      ],
    ];
  });
  const own = (department: Department) => servers.filter((server) => server.department === department);
  const perDepartment = departments.flatMap((department): [string, unknown][] => [
    [`${department.id}-team`, { title: department.staff, includes: own(department).map(({ id }) => `${id}-tun`) }],
    [`${department.id}-kopf`, { title: department.heads, includes: own(department).map(({ id }) => `${id}-leiten`) }],
  ]);
  return {
    alles: { title: "Alle Aufträge, auf der Seite der Agenten", grants: ["*/*"], prompts: ["*/*"], resources: ["*/*"] },
    schauen: { title: "Sieht, was wenig Gefahr hat", by_effect: [{ servers: ["*"], effects: ["read"], max_risk: "low" }] },
    revision: {
      title: "Liest überall",
      includes: ["schauen"],
      by_effect: [{ servers: ["*"], effects: ["read"] }],
      resources: ["*/handbuch"],
    },
    ...Object.fromEntries([...perServer, ...perDepartment]),
  };
}

function groupsOf(departments: readonly Department[]): Rows {
  const own = departments.flatMap(({ id, staff, heads }): [string, unknown][] => [
    [staff, { roles: [`${id}-team`] }],
    [heads, { roles: [`${id}-kopf`, { role: "schauen", until: "2031-12-31T18:00:00+01:00", why: "Vertretung", ticket: "HAFEN-7" }] }],
  ]);
  return { ...Object.fromEntries(own), [outsiders]: { roles: ["schauen"] }, [auditors]: { roles: ["revision"] }, Freigeber: { roles: [] } };
}

function agentsOf({ departments, size }: Stranger): Rows {
  const rows = departments.flatMap((department) =>
    Array.from({ length: size.agentsPerDepartment }, (_, at) => [agentId(department, at), agentRow(department, at)] as const),
  );
  return Object.fromEntries(rows);
}

function agentRow(department: Department, at: number): Rows {
  const kind = agentKinds[at] ?? "helfer";
  const id = agentId(department, at);
  const alone = kind === "nachtlauf" || kind === "dienst";
  const roles =
    kind === "leitstand"
      ? ["alles"]
      : kind === "pilot"
        ? [`${department.id}-team`]
        : kind === "zulieferer"
          ? ["schauen"]
          : [`${department.id}-kopf`];
  return {
    ...{
      name: `${department.staff} – ${kind} „${at + 1}“`,
      owner: `${department.id}-chefin`,
      team: kind === "zulieferer" ? "fremd" : department.id,
    },
    ...{ environment: kind === "pilot" ? elsewhere : environment, surface: kind === "kiosk" ? "kiosk" : alone ? "job" : "chat" },
    status: kind === "alt" ? (department.index % 2 === 0 ? "retired" : "suspended") : "active",
    modes:
      kind === "nachtlauf"
        ? ["agent"]
        : kind === "dienst"
          ? ["workload", "agent"]
          : kind === "leitstand"
            ? ["user_via_agent", "agent"]
            : ["user_via_agent"],
    ...(alone ? {} : { roles }),
    ...((alone || kind === "leitstand") && { roles_alone: alone ? ["schauen"] : [`${department.id}-team`] }),
    ...(kind === "zulieferer" && { expires: "2032-06-30T00:00:00+02:00" }),
    match: [kind === "dienst" ? { issuer, subject_pattern: `spiffe://hafen/${department.id}/*` } : { issuer, client_id: id }],
  };
}

function budgetsOf(): Rows {
  return {
    "aufrufe-je-minute": {
      ...{ unit: "calls", limit: 240, window: { kind: "rolling", seconds: 60, burst: 60 }, per: ["agent", "user"] },
      applies: [{ servers: ["*"], effects: ["read", "write", "delete", "execute", "send", "pay"] }],
    },
    "post-je-tag": {
      unit: "calls",
      limit: 200,
      window: { kind: "fixed", seconds: 86_400 },
      per: ["team", "tool"],
      applies: [{ effects: ["send"] }],
    },
    "seiten-je-stunde": {
      ...{ unit: "calls", limit: 500, window: { kind: "fixed", seconds: 3600 }, per: ["tenant", "server"] },
      applies: [{ resources: ["*/handbuch"] }, { prompts: ["*/tagesbericht"], cost: 2 }],
    },
  };
}

function approvalsOf(departments: readonly Department[]): Rows {
  const [first] = departments;
  return {
    loeschen: { title: "Was weg ist, ist weg", group: "Freigeber", ttl_s: 1800, min: 2, applies: [{ effects: ["delete"] }] },
    ...(first && { neustart: { group: first.heads, applies: [{ effects: ["execute"], min_risk: "high" }] } }),
  };
}
