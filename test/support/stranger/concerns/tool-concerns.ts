import { auditors, outsiders } from "../words.ts";
import { callers, module, type Template, testModule } from "./concern.ts";

/** Documents lie in a few folders only. */
const fence: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Folders of ${server.id}`,
    [server.id],
    ["tool"],
    `
constrain contains {
	"code": "${name}.outside",
	"message": "The path is outside of the folders that are open.",
	"remedy": "Use a path below gemeinsam/ or the folder of the department.",
} if {
	input.tool.id == "${id("fetch")}"
	path := input.args.path
	not in_area(path)
}

in_area(path) if {
	some area in data.custom.areas["${server.id}"]
	startswith(path, area)
	not climbs(path)
}

climbs(path) if ".." in split(path, "/")

# Some servers read it as a separator.
climbs(path) if contains(path, "\\\\")
`,
  ),
  tests: testModule(
    name,
    `
refused(path) := {c.code | some c in found} if {
	found := ${name}.constrain with input as {"tool": {"id": "${id("fetch")}"}, "args": {"path": path}}
		with data.custom.areas as {"${server.id}": ["gemeinsam/"]}
}

test_open_folders_are_open if refused("gemeinsam/plan.pdf") == set()

test_everything_else_is_closed if {
	every path in ["", "/etc/passwd", "gemeinsam/../x", "gemeinsam\\\\..\\\\x", "gemeinsames/x"] {
		refused(path) == {"${name}.outside"}
	}
}
`,
  ),
  cases: [
    {
      name: `${name}: a document of everybody`,
      as: callers.staff(server),
      call: id("fetch"),
      args: { path: "gemeinsam/plan.pdf" },
      want: "allow",
    },
    {
      ...{ name: `${name}: a path that climbs`, as: callers.head(server), call: id("fetch"), args: { path: "gemeinsam/../geheim" } },
      want: { effect: "deny", known: true, reasons: [`${name}.outside`] },
    },
  ],
  custom: { areas: { [server.id]: ["gemeinsam/", `${server.department.id}/`] } },
});

/** What changes something runs while people are there. */
const hours: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Shifts of ${server.id}`,
    [server.id],
    ["tool"],
    `
deny contains {
	"code": "${name}.off_shift",
	"message": "The server {input.server.id} takes no changes outside of its shift.",
	"remedy": "Wait for the shift.",
} if {
	changes
	not on_shift
}

changes if {
	some effect in ["write", "delete", "execute", "send", "pay"]
	effect in input.tool.effects
}

on_shift if {
	shift := data.settings.shifts.${name}
	input.time.hour >= shift.from
	input.time.hour < shift.until
	input.time.weekday in shift.days
}
`,
  ),
  tests: testModule(
    name,
    `
shift := {"${name}": {"from": 6, "until": 22, "days": ["monday"]}}

closed(effects, time) if {
	found := ${name}.deny with input as {"tool": {"effects": effects}, "time": time} with data.settings.shifts as shift
	count(found) == 1
}

test_by_day if not closed(["write"], {"hour": 6, "weekday": "monday"})

test_by_night if closed(["read", "pay"], {"hour": 22, "weekday": "monday"})

test_on_other_days if closed(["write"], {"hour": 12, "weekday": "sunday"})

test_reads_always if not closed(["read"], {"hour": 3, "weekday": "sunday"})

test_without_a_clock if closed(["send"], {})
`,
  ),
  cases: [
    { name: `${name}: a note by day`, as: callers.staff(server), call: id("note"), args: { id: "HK-3", text: "geprüft" }, want: "allow" },
    {
      ...{ name: `${name}: a note at night`, at: "2026-01-07T23:30:00Z", as: callers.staff(server), call: id("note") },
      ...{ args: { id: "HK-3", text: "geprüft" }, want: { effect: "deny", known: true, reasons: [`${name}.off_shift`] } },
    },
  ],
  shift: { from: 6, until: 22, days: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] },
});

/** Payments have a ceiling, a daily sum, and from some amount on two people who look. */
const spend: Template = ({ name, server, id }) => {
  const budget = `summe-${server.id}`;
  return {
    name,
    rego: module(
      name,
      `Payments through ${server.id}`,
      [server.id],
      ["tool"],
      `
constrain contains {
	"code": "${name}.ceiling",
	"message": "{input.args.amount} is above the ceiling, {input.user.id}.",
	"remedy": "Ask the cash office.",
} if {
	input.tool.id == "${id("settle")}"
	input.args.amount > data.custom.ceilings["${server.id}"].most
}

constrain contains {"code": "${name}.currency", "message": "The house does not pay in {input.args.currency} here."} if {
	input.tool.id == "${id("settle")}"
	not known_currency
}

oblige contains {"type": "budget", "name": "${budget}", "cost": "{input.args.amount}"} if input.tool.id == "${id("settle")}"

oblige contains {"type": "approve", "group": "${server.department.heads}", "ttl_s": 1800, "min": 2} if {
	input.tool.id == "${id("settle")}"
	input.args.amount > 500
}

known_currency if input.args.currency in data.custom.ceilings["${server.id}"].currencies
`,
    ),
    tests: testModule(
      name,
      `
asked(amount, currency) := {"tool": {"id": "${id("settle")}"}, "args": {"amount": amount, "currency": currency}}

limits := {"${server.id}": {"most": 900, "currencies": ["EUR"]}}

codes(amount, currency) := {c.code | some c in found} if {
	i := asked(amount, currency)
	found := ${name}.constrain with input as i with data.custom.ceilings as limits
}

test_small_sums_pass if codes(900, "EUR") == set()

test_large_sums_do_not if codes(901, "EUR") == {"${name}.ceiling"}

test_other_currencies_do_not if codes(1, "ISK") == {"${name}.currency"}

test_large_sums_ask if {
	i := asked(501, "EUR")
	found := ${name}.oblige with input as i
	{o.type | some o in found} == {"approve", "budget"}
}
`,
    ),
    cases: [
      {
        ...{
          name: `${name}: a small payment`,
          as: callers.head(server),
          call: id("settle"),
          args: { reference: "HK-77", amount: 40, currency: "EUR" },
        },
        want: { effect: "allow", reasons: [] },
      },
      {
        name: `${name}: a payment that asks`,
        as: callers.head(server),
        call: id("settle"),
        args: { reference: "HK-77", amount: 600, currency: "EUR" },
        want: "ask",
      },
      {
        ...{ name: `${name}: a payment above the ceiling`, as: callers.head(server), call: id("settle") },
        ...{ args: { reference: "HK-77", amount: 5000, currency: "ISK" } },
        want: { effect: "deny", known: true, reasons: [`${name}.ceiling`, `${name}.currency`] },
      },
      {
        ...{ name: `${name}: who only works there does not know of it`, as: callers.staff(server), call: id("settle") },
        ...{ args: { reference: "HK-77", amount: 40, currency: "EUR" }, want: "unknown" },
      },
    ],
    custom: { ceilings: { [server.id]: { most: 900 + 10 * server.index, currencies: ["EUR", "TRY"] } } },
    budgets: { [budget]: { unit: "calls", limit: 20_000, window: { kind: "fixed", seconds: 86_400 }, per: ["team", "user"] } },
  };
};

/** Machines in halls show, and people from outside do not even hear of what is dangerous. */
const halls: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Kiosks and people from outside at ${server.id}`,
    [server.id],
    ["tool"],
    `
deny contains {"code": "${name}.hidden", "hide": true} if {
	"${outsiders}" in input.user.groups
	input.tool.risk in {"high", "critical"}
}

deny contains {
	"code": "${name}.kiosk",
	"message": "A kiosk changes nothing.",
	"remedy": "Use the desk of the shift.",
} if {
	input.agent.surface == "kiosk"
	not only_reads
}

only_reads if input.tool.effects == ["read"]
`,
  ),
  tests: testModule(
    name,
    `
denied(asked) := {d.code | some d in found} if {
	found := ${name}.deny with input as asked
}

test_kiosks_read if denied({"agent": {"surface": "kiosk"}, "tool": {"effects": ["read"], "risk": "low"}}) == set()

test_kiosks_do_not_write if denied({"agent": {"surface": "kiosk"}, "tool": {"effects": ["write"]}}) == {"${name}.kiosk"}

test_unknown_effects_are_changes if denied({"agent": {"surface": "kiosk"}, "tool": {"effects": []}}) == {"${name}.kiosk"}

test_outsiders_see_no_danger if denied({"user": {"groups": ["${outsiders}"]}, "tool": {"risk": "critical"}}) == {"${name}.hidden"}
`,
  ),
  cases: [
    {
      ...{ name: `${name}: a kiosk moves nothing`, as: callers.kiosk(server), call: id("move"), args: { id: "HK-1", to: "dock" } },
      want: { effect: "deny", known: true, reasons: [`${name}.kiosk`] },
    },
    { name: `${name}: a kiosk looks`, as: callers.kiosk(server), call: id("count"), args: {}, want: "allow" },
  ],
});

/** Tax numbers stay inside; large results of personal data too. */
const privacy: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Personal data of ${server.id}`,
    [server.id],
    ["tool"],
    `
redact contains {"path": "/record/tax_number", "mode": "mask"} if {
	input.tool.id == "${id("get")}"
	not auditor
	not input.result.is_error
}

redact contains {"path": "/record/contact/phone", "mode": "remove", "optional": true} if {
	input.tool.id == "${id("get")}"
	not auditor
}

withhold contains {
	"code": "${name}.bulk",
	"message": "So much personal data at once leaves the house for the auditors only.",
	"remedy": "Ask for less at a time.",
} if {
	"personen" in input.tool.data_classes
	input.result.bytes > 20000
	not auditor
}

mask contains {"path": "/user/email"}

mask contains {"path": "/result/structured/record/tax_number"}

auditor if "${auditors}" in input.user.groups
`,
  ),
  tests: testModule(
    name,
    `
redacted(asked) := {r.path | some r in found} if {
	found := ${name}.redact with input as asked
}

test_tax_numbers_stay_inside if {
	"/record/tax_number" in redacted({"tool": {"id": "${id("get")}"}, "result": {"is_error": false}})
	redacted({"tool": {"id": "${id("get")}"}, "user": {"groups": ["${auditors}"]}, "result": {"is_error": false}}) == set()
	not "/record/tax_number" in redacted({"tool": {"id": "${id("get")}"}, "result": {"is_error": true}})
}

test_much_stays_inside if {
	found := ${name}.withhold with input as {"tool": {"data_classes": ["personen"]}, "result": {"bytes": 20001}}
	count(found) == 1
}

test_records_hold_no_mail if {
	found := ${name}.mask with input as {}
	{"path": "/user/email"} in found
}
`,
  ),
  cases: [
    {
      ...{ name: `${name}: a record without its tax number`, as: callers.staff(server), call: id("get"), args: { id: "HK-1207" } },
      result: {
        structured: {
          record: { id: "HK-1207", name: "Jón Þór", tax_number: "12 345 678", contact: { email: "jon@example.com", phone: null } },
        },
      },
      want: { withheld: [], redactions: ["/record/tax_number", "/record/contact/phone"] },
    },
    {
      ...{ name: `${name}: far too much`, as: callers.staff(server), call: id("get"), args: { id: "HK-1207" } },
      ...{ result: { structured: {}, bytes: 50_000 }, want: { withheld: [`${name}.bulk`] } },
    },
    {
      name: `${name}: what no record holds`,
      as: callers.staff(server),
      call: id("get"),
      args: { id: "HK-1207" },
      want: { paths: ["/user/email", "/result/structured/record/tax_number"] },
    },
  ],
});

/** Exports are small, and of one's own region. */
const exports_: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Exports from ${server.id}`,
    [server.id],
    ["tool"],
    `
constrain contains {"code": "${name}.rows", "message": "At most {input.args.rows} rows is too many.", "remedy": "Ask for fewer."} if {
	input.tool.id == "${id("export")}"
	object.get(input.args, "rows", 1000000) > data.custom.exports["${server.id}"].rows
}

constrain contains {"code": "${name}.region", "message": "The region {input.args.region} is exported at its own desk."} if {
	input.tool.id == "${id("export")}"
	not own_region
}

oblige contains {"type": "limit_result", "bytes": 200000, "items": 1000} if input.tool.id == "${id("export")}"

oblige contains {"type": "timeout", "ms": 9000} if input.tool.id == "${id("export")}"

oblige contains {"type": "log", "level": "warn"} if input.tool.id == "${id("export")}"

own_region if data.custom.exports["${server.id}"].regions[input.args.region] == true
`,
  ),
  tests: testModule(
    name,
    `
limits := {"${server.id}": {"rows": 100, "regions": {"nord": true}}}

codes(args) := {c.code | some c in found} if {
	found := ${name}.constrain with input as {"tool": {"id": "${id("export")}"}, "args": args} with data.custom.exports as limits
}

test_few_rows if codes({"rows": 100, "region": "nord"}) == set()

test_many_rows if codes({"rows": 101, "region": "nord"}) == {"${name}.rows"}

test_all_rows if codes({"region": "nord"}) == {"${name}.rows"}

test_another_region if codes({"rows": 1, "region": "ost"}) == {"${name}.region"}

test_nothing_at_all if codes({}) == {"${name}.rows", "${name}.region"}

test_exports_are_written_down if {
	found := ${name}.oblige with input as {"tool": {"id": "${id("export")}"}}
	count(found) == 3
}
`,
  ),
  cases: [
    {
      ...{ name: `${name}: all rows`, as: callers.head(server), call: id("export"), args: { format: "csv", region: "nord" } },
      want: { effect: "deny", reasons: [`${name}.rows`] },
    },
    {
      name: `${name}: a few`,
      as: callers.head(server),
      call: id("export"),
      args: { format: "csv", region: "nord", rows: 50 },
      want: "allow",
    },
  ],
  custom: { exports: { [server.id]: { rows: 100, regions: { nord: true, ost: server.index % 2 === 0, übersee: false } } } },
});

/** Who stands in for another department, by a rule instead of a role; and a team that is locked for now. */
const duty: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Duty at ${server.id}`,
    [server.id],
    ["tool"],
    `
permit contains {"id": "auditors-read", "for": "both"} if {
	"${auditors}" in input.user.groups
	input.tool.id == "${id("get")}"
}

permit contains {"id": "night-watch", "for": "agent"} if {
	input.agent.id in data.custom.night_watch["${server.id}"]
	input.tool.id == "${id("status")}"
}

deny contains {
	"code": "${name}.locked",
	"message": "The team {input.agent.team} is locked while we look into something.",
	"remedy": "Ask {input.server.owner}.",
} if {
	input.agent.team in data.custom.locked_teams
}
`,
  ),
  tests: testModule(
    name,
    `
test_auditors_read if {
	found := ${name}.permit with input as {"user": {"groups": ["${auditors}"]}, "tool": {"id": "${id("get")}"}}
		with data.custom.night_watch as {}
	found == {{"id": "auditors-read", "for": "both"}}
}

test_the_night_watch_looks if {
	found := ${name}.permit with input as {"agent": {"id": "a"}, "tool": {"id": "${id("status")}"}}
		with data.custom.night_watch as {"${server.id}": ["a"]}
	found == {{"id": "night-watch", "for": "agent"}}
}

test_locked_teams if {
	found := ${name}.deny with input as {"agent": {"team": "x"}} with data.custom.locked_teams as ["x"]
	{d.code | some d in found} == {"${name}.locked"}
}
`,
  ),
  cases: [
    { name: `${name}: an auditor through any desk`, as: "revision", call: id("get"), args: { id: "HK-1" }, want: "allow" },
    { name: `${name}: the night watch`, as: callers.job(server), call: id("status"), args: {}, want: "allow" },
  ],
  custom: { night_watch: { [server.id]: [`${server.department.id}-nachtlauf`] }, locked_teams: ["gesperrt"] },
});

/** Deletions are few and well formed. */
const bulk: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Deletions in ${server.id}`,
    [server.id],
    ["tool"],
    `
constrain contains {"code": "${name}.many", "message": "At most 20 at a time."} if {
	input.tool.id == "${id("purge")}"
	count(input.args.ids) > 20
}

constrain contains {"code": "${name}.odd_id", "message": "An id is two letters, a hyphen and digits."} if {
	input.tool.id == "${id("purge")}"
	some one in input.args.ids
	not well_formed(one)
}

well_formed(one) if regex.match(\`^[A-Z]{2}-[0-9]{1,8}$\`, one)
`,
  ),
  tests: testModule(
    name,
    `
codes(ids) := {c.code | some c in found} if {
	found := ${name}.constrain with input as {"tool": {"id": "${id("purge")}"}, "args": {"ids": ids}}
}

test_a_few if codes(["HK-1", "HK-2"]) == set()

test_many if codes([id | some n in numbers.range(1, 21); id := sprintf("HK-%d", [n])]) == {"${name}.many"}

test_an_odd_one if codes(["HK-1", "*"]) == {"${name}.odd_id"}
`,
  ),
  cases: [
    { name: `${name}: one record`, as: callers.head(server), call: id("purge"), args: { ids: ["HK-1"], reason: "doppelt" }, want: "ask" },
    {
      ...{ name: `${name}: a star`, as: callers.head(server), call: id("purge"), args: { ids: ["*"], reason: "alles weg" } },
      want: { effect: "deny", reasons: [`${name}.odd_id`] },
    },
  ],
});

/** Messages go to houses that we know. */
const letters: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Messages from ${server.id}`,
    [server.id],
    ["tool"],
    `
constrain contains {
	"code": "${name}.foreign",
	"message": "{input.args.recipient} is not among those we write to.",
	"remedy": "Ask for the domain to be added.",
} if {
	input.tool.id == "${id("send")}"
	recipient := input.args.recipient
	not known_house(recipient)
}

constrain contains {"code": "${name}.advertising", "message": "The house does not advertise."} if {
	input.tool.id == "${id("send")}"
	input.request.intent == "werbung"
}

oblige contains {"type": "budget", "name": "post-je-tag", "cost": 1} if input.tool.id == "${id("send")}"

known_house(recipient) if {
	some house in data.custom.houses
	endswith(lower(recipient), concat("", ["@", house]))
}
`,
  ),
  tests: testModule(
    name,
    `
codes(recipient) := {c.code | some c in found} if {
	found := ${name}.constrain with input as {"tool": {"id": "${id("send")}"}, "args": {"recipient": recipient}}
		with data.custom.houses as ["haus.example"]
}

test_known_houses if codes("A@Haus.example") == set()

test_others if {
	every one in ["a@x.example", "a@ahaus.example", "haus.example", ""] {
		codes(one) == {"${name}.foreign"}
	}
}
`,
  ),
  cases: [
    {
      ...{ name: `${name}: an advertisement`, as: callers.staff(server), call: id("send"), request: { intent: "werbung" } },
      ...{ args: { recipient: "wache@werftkontor.example", body: "…" }, want: { effect: "deny", reasons: [`${name}.advertising`] } },
    },
    {
      ...{ name: `${name}: to a stranger`, as: callers.staff(server), call: id("send"), args: { recipient: "x@fremd.example", body: "…" } },
      want: { effect: "deny", known: true, reasons: [`${name}.foreign`] },
    },
  ],
  custom: { houses: ["werftkontor.example", "reederei.example"] },
});

/** Jobs of high priority are for those who lead. */
const jobs: Template = ({ name, server, id }) => ({
  name,
  rego: module(
    name,
    `Jobs of ${server.id}`,
    [server.id],
    ["tool"],
    `
constrain contains {"code": "${name}.priority", "message": "Priority {input.args.options.priority} is for the control room."} if {
	input.tool.id == "${id("run")}"
	input.args.options.priority > 5
	not control_room
}

constrain contains {"code": "${name}.restart", "message": "Nothing restarts on a Friday."} if {
	input.tool.id == "${id("run")}"
	input.args.job == "neustart"
	input.time.weekday == "friday"
}

oblige contains {"type": "timeout", "ms": 30000} if input.tool.id == "${id("run")}"

control_room if input.agent.id == "${server.department.id}-leitstand"
`,
  ),
  tests: testModule(
    name,
    `
codes(asked) := {c.code | some c in found} if {
	found := ${name}.constrain with input as object.union({"tool": {"id": "${id("run")}"}, "time": {"weekday": "monday"}}, asked)
}

test_low_priority if codes({"args": {"job": "inventur", "options": {"priority": 5}}}) == set()

test_high_priority if codes({"args": {"job": "inventur", "options": {"priority": 6}}}) == {"${name}.priority"}

test_fridays if codes({"args": {"job": "neustart", "options": {"priority": 1}}, "time": {"weekday": "friday"}}) == {"${name}.restart"}
`,
  ),
  cases: [
    {
      ...{ name: `${name}: a restart on a Friday`, at: "2026-01-09T12:00:00Z", as: callers.head(server), call: id("run") },
      ...{ args: { job: "neustart", options: { priority: 9 } }, want: { effect: "deny", reasons: [`${name}.restart`] } },
    },
  ],
});

/** By the word that packages of each kind begin with. */
export const toolConcerns: readonly (readonly [string, Template])[] = [
  ["fence", fence],
  ["hours", hours],
  ["spend", spend],
  ["halls", halls],
  ["privacy", privacy],
  ["exports", exports_],
  ["duty", duty],
  ["bulk", bulk],
  ["letters", letters],
  ["jobs", jobs],
];
