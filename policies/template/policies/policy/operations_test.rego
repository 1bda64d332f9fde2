package policy.operations_test

import data.policy.operations

tool := {"id": "everything.trigger-long-running-operation"}

codes(args) := {c.code | some c in constraints} if {
	constraints := operations.constrain with input as {"tool": tool, "args": args} with data.settings.operations as {"max_seconds": 30}
}

test_a_short_operation_passes if {
	codes({"duration": 30}) == set()
}

test_a_long_operation_is_refused if {
	codes({"duration": 31}) == {"operations.too_long"}
}

test_an_operation_without_a_duration_is_refused if {
	codes({}) == {"operations.too_long"}
}

test_a_duration_that_is_no_number_is_refused if {
	every value in ["5", null, [5], -1, 0] {
		codes({"duration": value}) == {"operations.too_long"}
	}
}

test_a_lost_setting_refuses if {
	constraints := operations.constrain with input as {"tool": tool, "args": {"duration": 1}} with data.settings as {}
	count(constraints) == 1
}

test_an_operation_costs_one if {
	obligations := operations.oblige with input as {"tool": tool}
	obligations == {{"type": "budget", "name": "operations-per-hour", "cost": 1}}
}

test_other_tools_are_left_alone if {
	constraints := operations.constrain with input as {"tool": {"id": "everything.echo"}, "args": {}}
	constraints == set()
}
