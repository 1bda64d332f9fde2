import { auditors } from "../words.ts";
import { callers, module, type Template, testModule } from "./concern.ts";

/** Exports are small, and of one's own region. */
export const exports_: Template = ({ name, server, id }) => ({
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
export const duty: Template = ({ name, server, id }) => ({
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
export const bulk: Template = ({ name, server, id }) => ({
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
export const letters: Template = ({ name, server, id }) => ({
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
export const jobs: Template = ({ name, server, id }) => ({
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
