import { auditors, outsiders } from "../words.ts";
import { callers, module, type Template, testModule } from "./concern.ts";
import { bulk, duty, exports_, jobs, letters } from "./errand-concerns.ts";

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
