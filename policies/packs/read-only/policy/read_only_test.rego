package policy.read_only_test

import data.policy.read_only

crm_only := {"servers": {"crm": true}, "except": {"crm.add_note": true}}

call(id, effects) := {"server": {"id": "crm"}, "tool": {"id": id, "effects": effects}}

codes(given, table) := {d.code | some d in denials} if {
	denials := read_only.deny with input as given with data.custom.read_only as table
}

closed := {"read_only.changes"}

test_reading_goes_on if {
	codes(call("crm.get", ["read"]), crm_only) == set()
}

test_another_server_is_left_alone if {
	codes({"server": {"id": "files"}, "tool": {"id": "files.write", "effects": ["write"]}}, crm_only) == set()
}

test_a_tool_of_the_exceptions_goes_on if {
	codes(call("crm.add_note", ["write"]), crm_only) == set()
}

test_every_effect_but_read_is_closed if {
	every effect in ["write", "delete", "execute", "send", "pay"] {
		codes(call("crm.change", [effect]), crm_only) == closed
	}
}

test_a_tool_that_hides_a_write_behind_a_read_is_closed if {
	codes(call("crm.sync", ["read", "write"]), crm_only) == closed
	codes(call("crm.sync", ["write", "read"]), crm_only) == closed
}

test_a_tool_without_effects_is_closed if {
	codes(call("crm.mystery", []), crm_only) == closed
	codes({"server": {"id": "crm"}, "tool": {"id": "crm.mystery"}}, crm_only) == closed
}

test_the_word_of_the_server_that_it_only_reads_counts_for_nothing if {
	tool := {"id": "crm.change", "effects": ["write"], "annotations": {"readOnlyHint": true}}
	codes({"server": {"id": "crm"}, "tool": tool}, crm_only) == closed
}

test_an_exception_in_another_letter_case_is_none if {
	codes(call("crm.Add_Note", ["write"]), crm_only) == closed
}

test_a_method_of_an_extension_is_no_way_round if {
	codes({"server": {"id": "crm"}, "extension": {"id": "crm.tasks/change"}}, crm_only) == closed
}

test_a_method_of_the_exceptions_goes_on if {
	table := {"servers": {"crm": true}, "except": {"crm.tasks/list": true}}
	codes({"server": {"id": "crm"}, "extension": {"id": "crm.tasks/list"}}, table) == set()
}

test_all_servers_at_once if {
	codes(call("crm.change", ["write"]), {"servers": {"*": true}}) == closed
}

test_a_switch_that_says_yes_is_on if {
	codes(call("crm.change", ["write"]), {"servers": {"crm": "yes"}}) == closed
}

test_a_switch_that_says_false_is_off if {
	codes(call("crm.change", ["write"]), {"servers": {"crm": false}}) == set()
}

test_a_lost_table_closes_everything_that_changes if {
	codes(call("crm.change", ["write"]), {}) == closed
	codes(call("crm.change", ["write"]), {"servers": ["crm"]}) == closed
}

test_all_servers_are_off_where_it_says_false if {
	codes(call("crm.change", ["write"]), {"servers": {"*": false}}) == set()
}
