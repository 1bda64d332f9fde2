package policy.deprecate_a_tool_test

import data.policy.deprecate_a_tool

tables := {"tools": {"crm.old": {"ends": "2026-06-01T00:00:00+02:00", "longer": {"legacy-bot": "2026-09-01T00:00:00Z"}}}}

call(text) := {
	"agent": {"id": "support-bot"},
	"server": {"id": "crm", "owner": "sales-platform"},
	"tool": {"id": "crm.old"},
	"time": {"ns": time.parse_rfc3339_ns(text)},
}

codes(given) := asked(given, tables)

asked(given, custom) := {d.code | some d in denials} if {
	denials := deprecate_a_tool.deny with input as given with data.custom.deprecate_a_tool as custom
}

ended := {"deprecate_a_tool.ended"}

test_the_tool_goes_on_until_its_end if {
	codes(call("2026-05-31T21:59:59Z")) == set()
}

test_the_tool_ends_at_the_moment_that_was_told if {
	codes(call("2026-05-31T22:00:00Z")) == ended
	codes(call("2030-01-01T00:00:00Z")) == ended
}

test_an_agent_with_more_time_goes_on_and_then_ends_too if {
	legacy := {"agent": {"id": "legacy-bot"}}
	codes(object.union(call("2026-08-31T23:59:59Z"), legacy)) == set()
	codes(object.union(call("2026-09-01T00:00:00Z"), legacy)) == ended
}

test_another_agent_cannot_borrow_the_time if {
	every id in ["Legacy-Bot", "legacy-bot ", ""] {
		codes(object.union(call("2026-07-01T00:00:00Z"), {"agent": {"id": id}})) == ended
	}
	codes(json.remove(call("2026-07-01T00:00:00Z"), ["agent"])) == ended
}

test_the_use_of_what_ends_is_noted if {
	obligations := deprecate_a_tool.oblige with input as call("2026-05-01T00:00:00Z") with data.custom.deprecate_a_tool as tables
	obligations == {{"type": "log", "level": "warn"}}
}

test_another_tool_is_left_alone if {
	codes(object.union(call("2030-01-01T00:00:00Z"), {"tool": {"id": "crm.new"}})) == set()
	obligations := deprecate_a_tool.oblige with input as {"tool": {"id": "crm.new"}} with data.custom.deprecate_a_tool as tables
	obligations == set()
}

test_a_date_that_cannot_be_read_has_passed if {
	every text in ["2099-13-01T00:00:00Z", "2099-06-01", "soon", "", null, 4102444800, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
		asked(call("2026-01-01T00:00:00Z"), {"tools": {"crm.old": {"ends": text}}}) == ended
	}
}

test_an_entry_without_an_end_has_ended if {
	every entry in [{}, null, true, "2099-01-01T00:00:00Z", {"end": "2099-01-01T00:00:00Z"}] {
		asked(call("2026-01-01T00:00:00Z"), {"tools": {"crm.old": entry}}) == ended
	}
}

test_a_missing_clock_ends_the_tool if {
	codes(json.remove(call("2026-01-01T00:00:00Z"), ["time"])) == ended
}

test_a_lost_table_closes_everything if {
	asked(call("2026-01-01T00:00:00Z"), {}) == {"deprecate_a_tool.not_configured"}
	asked(call("2026-01-01T00:00:00Z"), {"tool": tables.tools}) == {"deprecate_a_tool.not_configured"}
}
