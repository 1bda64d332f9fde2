import type { Company, CompanyServer, CompanyTool } from "../support/gate-company.ts";
import { issuer } from "../support/gate-company.ts";
import { type Behaviour, duplicateKey, huge, rubbish } from "../support/servers/index.ts";

// The company of the decision cases. Every tool of the server `lab` stands for one situation; its name says which.

const plain: CompanyTool = {};
const requiring = (name: string, type: string, example: unknown): CompanyTool => ({
  definition: { inputSchema: { type: "object", properties: { [name]: { type } }, required: [name] } },
  facts: { sample: { args: { [name]: example } } },
});
const writes: CompanyTool = { facts: { effects: ["write"], idempotent: false, risk: "medium" } };
const server = (row: CompanyServer["row"], tools: CompanyServer["tools"] = { run: plain }): CompanyServer => ({
  at: "lab",
  tools,
  ...(row === undefined ? {} : { row }),
});

const rules = `# servers: [lab]
deny contains {"code": "lab.closed", "message": "The lab is closed."} if input.tool.name == "closed"

deny contains {"code": "lab.secret", "hide": true} if input.tool.name == "hidden"

constrain contains {"code": "lab.too_much", "message": "At most 10, {input.user.id}.", "remedy": "Ask for less."} if {
	input.tool.name == "limited"
	input.args.amount > 10
}

oblige contains {"type": "budget", "name": "once-a-day", "cost": 1} if input.tool.name == "rationed"

oblige contains {"type": "budget", "name": "{input.args.budget}", "cost": 1} if input.tool.name == "draws"

oblige contains {"type": "approve", "group": "staff", "ttl_s": 900} if input.tool.name == "asks"

oblige contains {"type": "set_args", "path": "/a", "value": 1} if input.tool.name in {"torn", "sets"}

oblige contains {"type": "set_args", "path": "/a", "value": 2} if input.tool.name == "torn"

oblige contains {"type": "limit_result", "bytes": 64} if input.tool.name == "brief"

oblige contains {"type": "timeout", "ms": 150} if input.tool.name == "hurried"

redact contains {"path": "/echo/iban", "mode": "mask"} if input.tool.name == "masked"

redact contains {"path": "/nowhere"} if input.tool.name == "unredactable"

withhold contains {"code": "lab.withheld", "message": "This one stays here."} if input.tool.name == "withheld"`;

const library = `# servers: [lab]
# kinds: [prompt, resource]
deny contains {"code": "library.private", "message": "This is private."} if startswith(input.resource.path, "/private/")

deny contains {"code": "library.closed", "message": "The library is closed."} if input.prompt.name == "closed"`;

/** Past the checks of the build, in the lab: obligations that cannot be met. */
const careless = `oblige contains {"type": "budget", "name": "once-a-day", "cost": "{input.args.cost}"} if input.tool.name == "costs"

oblige contains {"type": "sing", "song": "la"} if input.tool.name == "sings"`;

/** Past the checks of the build: one server each. */
const unchecked: NonNullable<Company["unchecked"]> = {
  shapeless: { servers: ["shapeless"], rules: 'deny if input.tool.name == "run"' },
  erring: { servers: ["erring"], rules: 'deny contains {"code": "x.y"} if time.parse_rfc3339_ns("tomorrow") > 0' },
  conflicting: { servers: ["conflicting"], rules: 'deny := {"code": "x.y"} if input.tool\n\ndeny := {"code": "x.z"} if input.server' },
  nonsense: { servers: ["nonsense"], rules: 'permit contains {"id": "", "for": "both"} if input.tool' },
  looping: {
    servers: ["looping"],
    worker: true,
    rules:
      'constrain contains {"code": "x.y"} if {\n\tsome i in input.args.list\n\tsome j in input.args.list\n\tsome k in input.args.list\n\ti < j\n\tj < k\n\tk < i\n}',
  },
};

const names = ["open", "closed", "hidden", "limited", "rationed", "draws", "costs", "sings", "asks", "torn", "sets", "brief", "hurried"];
const results = ["masked", "unredactable", "withheld"];
const failing = ["hangs", "drops", "rubbish", "ambiguous", "huge", "locked"];

export const answers: Readonly<Record<string, Behaviour>> = {
  hurried: { kind: "hang" },
  hangs: { kind: "hang" },
  drops: { kind: "drop" },
  rubbish,
  ambiguous: duplicateKey,
  huge: huge(8_192),
  locked: { kind: "status", status: 401 },
};

export const company: Company = {
  servers: {
    lab: {
      row: { timeout_ms: 2_000, max_result_bytes: 4_096 },
      tools: {
        ...Object.fromEntries([...names, ...results].map((name) => [name, plain])),
        ...Object.fromEntries(failing.map((name) => [name, { facts: { timeout_ms: 300 } }])),
        writes,
        limited: requiring("amount", "number", 1),
        draws: requiring("budget", "string", "once-a-day"),
        typed: {
          definition: {
            inputSchema: { type: "object", properties: { id: { type: "string" } }, required: ["id"], additionalProperties: false },
          },
          facts: { sample: { args: { id: "1" } } },
        },
        drifted: { approved: { description: "What was approved." } },
        ungranted: plain,
      },
      prompts: { summary: { arguments: [{ name: "customer", required: true }] }, closed: {}, ungranted: {} },
      resources: { notes: { uri: "note://lab/**" } },
      listed: { resources: { "note://lab/a": { mimeType: "text/plain" } } },
    },
    retired: server({ status: "retired" }),
    proposed: server({ status: "proposed" }),
    deprecated: server({ status: "deprecated" }),
    elsewhere: server({ environment: "production" }),
    narrow: server({ max_concurrent: 1, timeout_ms: 300 }, { hangs: plain }),
    nowhere: { ...server(undefined), at: "not-configured" },
    keyless: server({ credential: { mode: "company", secret: "lost", header: "authorization", prefix: "Bearer " } }),
    ...Object.fromEntries(Object.keys(unchecked).map((id) => [id, server(undefined)])),
  },
  roles: {
    all: {
      grants: [
        ...[...names, ...results, ...failing, "writes", "typed", "drifted"].map((name) => `lab/${name}`),
        ...["retired", "proposed", "deprecated", "elsewhere", "narrow", "nowhere", "keyless"].map((id) => `${id}/*`),
        ...["shapeless", "erring", "conflicting", "looping"].map((id) => `${id}/*`),
      ],
      prompts: ["lab/summary", "lab/closed"],
      resources: ["lab/notes"],
    },
    readers: { grants: ["lab/open"] },
  },
  groups: { staff: { roles: ["all"] }, guests: { roles: ["readers"] } },
  agents: {
    reader: { roles: ["readers"] },
    suspended: { status: "suspended" },
    outlived: { expires: "2026-01-01T00:00:00Z" },
    attended: { modes: ["user_via_agent"] },
    twin: { match: [{ issuer, subject_pattern: "castor-*" }] },
    "other-twin": { match: [{ issuer, subject_pattern: "*-pollux" }] },
  },
  budgets: { "once-a-day": { unit: "calls", limit: 1, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] } },
  policies: { lab: rules, library },
  unchecked: { ...unchecked, careless: { servers: ["lab"], rules: careless } },
};
