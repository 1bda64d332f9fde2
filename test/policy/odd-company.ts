import { type GoldenCase, indexOf, type Sources } from "./policy-sources.ts";

// A company of broken and unusual rules: what `bundle build` refuses, or what a careful author never writes, but what must
// not open a door if it reaches the library all the same. One server and one package a mistake. What is wanted is what the
// library answers, before the host fills templates and refuses what it does not enforce.

/** Elements that would be right, were they written as `NAME contains …`. */
const element = '{"code": "x.y", "id": "x", "for": "both", "type": "log", "path": "/x"}';

const forms = {
  boolean: (rule) => `${rule} if input.tool.name == "run"`,
  negative: (rule) => `default ${rule} := false`,
  object: (rule) => `${rule} := ${element} if input.tool.name == "run"`,
  map: (rule) => `${rule}["first"] := ${element} if input.tool.name == "run"`,
  dotted: (rule) => `${rule}.first contains ${element} if input.tool.name == "run"`,
  string: (rule) => `${rule} := "no" if input.tool.name == "run"`,
  number: (rule) => `${rule} := 1 if input.tool.name == "run"`,
  null: (rule) => `${rule} := null if input.tool.name == "run"`,
  array: (rule) => `${rule} := [${element}] if input.tool.name == "run"`,
  empty: (rule) => `${rule} := []`,
  strings: (rule) => `${rule} contains "no" if input.tool.name == "run"`,
  nameless: (rule) => `${rule} contains {"message": "no"} if input.tool.name == "run"`,
  numbered: (rule) => `${rule} contains {"code": 1, "id": 1, "type": 1, "path": 1} if input.tool.name == "run"`,
} satisfies Record<string, (rule: string) => string>;

const invalid = (rule: string) => [{ code: "policy.invalid_rule", rule }];

/** What each broken rule comes to: wanted answers by entrypoint. */
const consequences: Readonly<Record<string, (name: string) => Partial<Record<GoldenCase["entrypoint"], Record<string, unknown>>>>> = {
  permit: (name) => ({ decide: { effect: "deny", known: false, permits: [], reasons: invalid(name) }, discover: { visible: [] } }),
  deny: (name) => ({ decide: { effect: "deny", known: true, reasons: invalid(name) }, discover: { visible: [] } }),
  constrain: (name) => ({ decide: { effect: "deny", known: true, reasons: invalid(name) } }),
  oblige: (name) => ({ decide: { effect: "deny", known: true, reasons: invalid(name), obligations: [] } }),
  redact: (name) => ({ inspect: { withheld: invalid(name), redactions: [] } }),
  withhold: (name) => ({ inspect: { withheld: invalid(name) } }),
  mask: () => ({ mask: { paths: [""] } }),
};

const unusual: readonly { name: string; server: string; text: string }[] = [
  { name: "conflict_one", server: "conflict", text: 'oblige contains {"type": "set_args", "path": "/a", "value": 1}' },
  { name: "conflict_two", server: "conflict", text: 'oblige contains {"type": "set_args", "path": "/a", "value": 2}' },
  { name: "step_one", server: "step", text: 'oblige contains {"type": "step_up", "acr": "gold"}' },
  { name: "step_two", server: "step", text: 'oblige contains {"type": "step_up", "acr": "silver"}' },
  { name: "asking", server: "asking", text: 'oblige contains {"type": "approve", "group": "finance", "ttl_s": 900}' },
  { name: "detector", server: "detector", text: 'redact contains {"detector": "iban"}' },
  { name: "pathless", server: "pathless", text: 'redact contains {"path": ""}' },
  { name: "modeless", server: "modeless", text: 'redact contains {"path": "/a", "mode": "blur"}' },
  { name: "talkative", server: "talkative", text: 'deny contains {"code": "x.y", "message": 7}' },
  { name: "hiding", server: "hiding", text: 'deny contains {"code": "x.y", "hide": true}' },
  { name: "hiding_oddly", server: "hiding-oddly", text: 'deny contains {"code": "x.y", "hide": "yes"}' },
  { name: "sided", server: "sided", text: 'permit contains {"id": "x", "for": "everyone"}' },
  { name: "lenient", server: "merged", text: merged({ cost: 1, ms: 900, bytes: 20, mode: "hash", optional: true }) },
  { name: "strict", server: "merged", text: merged({ cost: 3, ms: 500, bytes: 10, mode: "remove", optional: false }) },
];

function merged(of: { cost: number; ms: number; bytes: number; mode: string; optional: boolean }): string {
  return [
    `oblige contains {"type": "budget", "name": "b", "cost": ${of.cost}}`,
    `oblige contains {"type": "timeout", "ms": ${of.ms}}`,
    `oblige contains {"type": "limit_result", "bytes": ${of.bytes}}`,
    `oblige contains {"type": "redact", "path": "/a", "mode": "${of.mode}"}`,
    'oblige contains {"type": "budget", "name": "c", "cost": "{input.args.n}"}',
    `redact contains {"path": "/a", "mode": "${of.mode}", "optional": ${of.optional}}`,
    'redact contains {"path": "/b", "optional": true}',
    'redact contains {"path": "/b", "mode": "hash", "optional": true}',
  ].join("\n\n");
}

const unusualCases: readonly GoldenCase[] = [
  golden("two values for one argument", "decide", "conflict", denied("policy.conflict", "toolgate")),
  golden("two levels of authentication", "decide", "step", denied("policy.conflict", "toolgate")),
  golden("an approval asks", "decide", "asking", { effect: "ask", known: true, reasons: [] }),
  golden("a redaction by detector", "inspect", "detector", { withheld: [{ code: "policy.obligation_unsupported", rule: "toolgate" }] }),
  golden("a redaction of everything", "inspect", "pathless", { withheld: invalid("pathless"), redactions: [] }),
  golden("a redaction in a mode that does not exist", "inspect", "modeless", { withheld: invalid("modeless"), redactions: [] }),
  golden("a denial whose message is a number", "decide", "talkative", denied("policy.invalid_rule", "talkative")),
  golden("a denial that hides", "decide", "hiding", { effect: "deny", known: false }),
  golden("a denial that hides with something other than true", "decide", "hiding-oddly", { effect: "deny", known: false }),
  golden("a permit for a side that does not exist", "decide", "sided", denied("policy.invalid_rule", "sided")),
  golden("obligations of two packages come to the stricter ones", "decide", "merged", {
    effect: "allow",
    obligations: [
      { rule: "strict", type: "budget", name: "b", cost: 3 },
      { rule: "strict", type: "timeout", ms: 500 },
      { rule: "strict", type: "limit_result", bytes: 10 },
      { rule: "strict", type: "redact", path: "/a", mode: "remove" },
      { rule: "lenient", type: "budget", name: "c", cost: "{input.args.n}" },
      { rule: "strict", type: "budget", name: "c", cost: "{input.args.n}" },
    ],
  }),
  golden("redactions of two packages come to the stricter ones", "inspect", "merged", {
    withheld: [],
    redactions: [
      { rule: "strict", path: "/a", mode: "remove", optional: false },
      { rule: "lenient", path: "/b", mode: "mask", optional: true },
    ],
  }),
];

export function oddSources(): Sources {
  const broken = Object.keys(consequences).flatMap((rule) =>
    Object.entries(forms).map(([form, write]) => ({ rule, name: `${rule}_${form}`, server: `${rule}-${form}`, text: write(rule) })),
  );
  const modules = Object.fromEntries([...broken, ...unusual].map(({ name, server, text }) => [`${name}.rego`, module(name, server, text)]));
  const servers = [...broken, ...unusual].map(({ server }) => server);
  // Where the permit is what is broken, nothing else may grant.
  const granted = servers.filter((server) => !server.startsWith("permit-"));
  const cases = broken.flatMap(({ rule, name, server }) =>
    Object.entries(consequences[rule]?.(name) ?? {}).map(([entrypoint, want]) =>
      golden(name, entrypoint as GoldenCase["entrypoint"], server, want),
    ),
  );
  return {
    modules,
    data: {
      roles: { all: { grants: Object.fromEntries(granted.map((server) => [server, { run: true as const }])) } },
      ...indexOf(modules, servers),
      settings: {},
      custom: {},
    },
    cases: [...cases, ...unusualCases],
  };
}

function module(name: string, server: string, text: string): string {
  return `# METADATA\n# custom:\n#   servers: [${server}]\npackage policy.${name}\n\n${text}\n`;
}

function denied(code: string, rule: string): Record<string, unknown> {
  return { effect: "deny", known: true, reasons: [{ code, rule }] };
}

function golden(name: string, entrypoint: GoldenCase["entrypoint"], server: string, want: Record<string, unknown>): GoldenCase {
  const target = {
    server: { id: server, environment: "demo", status: "approved" },
    tool: { id: `${server}.run`, name: "run", pinned: true },
  };
  const caller = {
    principal: { kind: "user_via_agent" },
    agent: { id: "bot", environment: "demo", roles: ["all"] },
    user: { id: "ann", groups: [], roles: ["all"] },
  };
  return { name, entrypoint, input: { ...caller, ...(entrypoint === "discover" ? { items: [target] } : { ...target, args: {} }) }, want };
}
