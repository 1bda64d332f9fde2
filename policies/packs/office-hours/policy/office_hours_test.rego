package policy.office_hours_test

import data.policy.office_hours

weekdays := ["monday", "tuesday", "wednesday", "thursday", "friday"]

hours := {
	"zone": "Europe/Berlin",
	"reads_always": true,
	"days": {day: [{"from": "08:00", "until": "12:30"}, {"from": "13:15", "until": "18:00"}] | some day in weekdays},
	"holidays": {"2026-12-25": "Christmas Day", "2026-12-31": "New Year's Eve"},
}

tables := {"servers": {"crm": true, "ny": true}, "zones": {"ny": "America/New_York"}, "except": {"crm.alarm": true}}

at(text) := {
	"server": {"id": "crm"},
	"tool": {"id": "crm.update", "effects": ["write"]},
	"time": {"ns": time.parse_rfc3339_ns(text)},
}

open(given) if asked(given, tables, hours) == set()

closed(given) if asked(given, tables, hours) == {"office_hours.closed"}

asked(given, custom, settings) := {d.code | some d in denials} if {
	denials := office_hours.deny with input as given with data.custom.office_hours as custom with data.settings.opening_hours as settings
}

test_the_desk_is_open_on_a_working_day if {
	open(at("2026-01-07T10:00:00+01:00"))
}

test_the_edges_count_to_the_minute if {
	every text in ["07:59:59", "12:30:00", "13:14:59", "18:00:00"] {
		closed(at(concat("", ["2026-01-07T", text, "+01:00"])))
	}
	every text in ["08:00:00", "12:29:59", "13:15:00", "17:59:59"] {
		open(at(concat("", ["2026-01-07T", text, "+01:00"])))
	}
}

test_the_weekend_is_closed if {
	closed(at("2026-01-10T10:00:00+01:00"))
	closed(at("2026-01-11T10:00:00+01:00"))
}

test_a_holiday_is_closed_from_midnight_to_midnight_of_the_zone if {
	closed(at("2026-12-25T10:00:00+01:00"))
	closed(at("2026-12-31T17:59:00+01:00"))
	open(at("2026-12-30T17:59:00+01:00"))
}

test_summer_time_is_the_clock_on_the_wall if {
	open(at("2026-07-01T06:30:00Z"))
	closed(at("2026-01-07T06:30:00Z"))
	closed(at("2026-07-01T16:00:00Z"))
	open(at("2026-01-07T16:00:00Z"))
}

test_the_days_around_the_change_of_the_clock if {
	open(at("2026-03-27T07:00:00Z"))
	closed(at("2026-03-27T06:59:59Z"))
	open(at("2026-03-30T06:00:00Z"))
	closed(at("2026-03-30T05:59:59Z"))
	open(at("2026-10-23T06:00:00Z"))
	closed(at("2026-10-26T06:59:59Z"))
}

test_the_hour_that_there_is_twice_counts_both_times if {
	night := object.union(hours, {"days": {"sunday": [{"from": "02:00", "until": "03:00"}]}})
	every text in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"] {
		asked(at(text), tables, night) == set()
	}
	every text in ["2026-10-24T23:59:59Z", "2026-10-25T02:00:00Z"] {
		asked(at(text), tables, night) == {"office_hours.closed"}
	}
}

test_the_hour_that_there_is_not_opens_nothing if {
	night := object.union(hours, {"days": {"sunday": [{"from": "02:00", "until": "03:00"}]}})
	every text in ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"] {
		asked(at(text), tables, night) == {"office_hours.closed"}
	}
}

test_a_server_has_a_zone_of_its_own if {
	call := object.union(at("2026-01-07T15:00:00Z"), {"server": {"id": "ny"}})
	open(call)
	closed(object.union(call, {"time": {"ns": time.parse_rfc3339_ns("2026-01-07T10:00:00Z")}}))
}

test_reading_goes_on_at_night if {
	read := {"tool": {"id": "crm.get", "effects": ["read"]}}
	night := object.union(at("2026-01-07T03:00:00Z"), read)
	open(night)
	asked(night, tables, object.union(hours, {"reads_always": false})) == {"office_hours.closed"}
}

test_a_read_that_also_writes_does_not_go_on_at_night if {
	closed(object.union(at("2026-01-07T03:00:00Z"), {"tool": {"id": "crm.sync", "effects": ["read", "write"]}}))
}

test_a_tool_without_effects_does_not_go_on_at_night if {
	closed(object.union(at("2026-01-07T03:00:00Z"), {"tool": {"id": "crm.sync", "effects": []}}))
}

test_an_exception_is_open_at_night if {
	open(object.union(at("2026-01-07T03:00:00Z"), {"tool": {"id": "crm.alarm", "effects": ["send"]}}))
}

test_a_method_of_an_extension_is_no_way_round if {
	night := object.remove(at("2026-01-07T03:00:00Z"), ["tool"])
	closed(object.union(night, {"extension": {"id": "crm.tasks/run"}}))
}

test_a_caller_that_tells_a_time_of_its_own_changes_nothing if {
	night := at("2026-01-07T03:00:00Z")
	closed(object.union(night, {"args": {"time": "10:00"}, "request": {"intent": "it is noon"}, "client": {"name": "noon"}}))
}

test_a_missing_clock_is_closed if {
	closed(object.remove(at("2026-01-07T10:00:00+01:00"), ["time"]))
}

test_a_zone_that_there_is_not_is_closed if {
	asked(at("2026-01-07T10:00:00+01:00"), tables, object.union(hours, {"zone": "Europe/Berln"})) == {"office_hours.closed"}
}

test_a_time_that_is_no_time_opens_nothing if {
	every window in [{"from": "8:00", "until": "18:00"}, {"from": 8, "until": 18}, {"from": "08:00", "until": "99:00"}, {"from": "08:00"}] {
		asked(at("2026-01-07T10:00:00+01:00"), tables, object.union(hours, {"days": {"wednesday": [window]}})) == {"office_hours.closed"}
	}
}

test_lost_holidays_close_every_day if {
	asked(at("2026-01-07T10:00:00+01:00"), tables, object.remove(hours, ["holidays"])) == {"office_hours.closed"}
	asked(at("2026-01-07T10:00:00+01:00"), tables, object.union(object.remove(hours, ["holidays"]), {"holidays": ["2026-12-25"]})) == {"office_hours.closed"}
}

test_lost_settings_close if {
	asked(at("2026-01-07T10:00:00+01:00"), tables, {}) == {"office_hours.closed"}
}

test_another_server_is_left_alone if {
	open(object.union(at("2026-01-07T03:00:00Z"), {"server": {"id": "files"}}))
}

test_a_lost_table_closes_every_server_at_night if {
	asked(object.union(at("2026-01-07T03:00:00Z"), {"server": {"id": "files"}}), {}, hours) == {"office_hours.closed"}
}

test_an_exception_holds_for_a_method_too if {
	night := object.union(object.remove(at("2026-01-07T03:00:00Z"), ["tool"]), {"extension": {"id": "crm.tasks/alarm"}})
	asked(night, object.union(tables, {"except": {"crm.tasks/alarm": true}}), hours) == set()
}

test_an_edge_that_sorts_before_every_time_opens_nothing if {
	every edge in ["", null, false, 0, "0", "00"] {
		window := {"from": edge, "until": "18:00"}
		asked(at("2026-01-07T10:00:00+01:00"), tables, object.union(hours, {"days": {"wednesday": [window]}})) == {"office_hours.closed"}
	}
	every edge in [[], {}, "z", "24:01x"] {
		window := {"from": "08:00", "until": edge}
		asked(at("2026-01-07T10:00:00+01:00"), tables, object.union(hours, {"days": {"wednesday": [window]}})) == {"office_hours.closed"}
	}
}

test_a_switch_that_says_false_is_off if {
	night := at("2026-01-07T03:00:00Z")
	asked(night, object.union(tables, {"servers": {"crm": false, "*": false}}), hours) == set()
	asked(night, object.union(tables, {"servers": {"crm": false, "*": "yes"}}), hours) == {"office_hours.closed"}
}
