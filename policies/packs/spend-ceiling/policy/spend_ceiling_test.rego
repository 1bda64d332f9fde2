package policy.spend_ceiling_test

import data.policy.spend_ceiling

tables := {"servers": {"crm": true}}

call(effects) := {"server": {"id": "crm"}, "tool": {"id": "crm.t", "effects": effects}}

budgets(given) := asked(given, tables)

asked(given, custom) := {o.name | some o in obligations} if {
	obligations := spend_ceiling.oblige with input as given with data.custom.spend_ceiling as custom
}

all := {"spend-ceiling-calls", "spend-ceiling-changes", "spend-ceiling-payments", "spend-ceiling-payments-of-all"}

test_a_read_costs_one_call if {
	budgets(call(["read"])) == {"spend-ceiling-calls"}
}

test_a_change_costs_a_change if {
	every effect in ["write", "delete", "execute", "send"] {
		budgets(call([effect])) == {"spend-ceiling-calls", "spend-ceiling-changes"}
	}
}

test_a_payment_costs_all_four if {
	budgets(call(["pay"])) == all
}

test_a_payment_among_other_effects_is_counted if {
	budgets(call(["read", "write", "pay"])) == all
}

test_a_tool_without_effects_counts_as_a_payment if {
	budgets(call([])) == all
	budgets({"server": {"id": "crm"}, "tool": {"id": "crm.t"}}) == all
}

test_an_effect_that_nobody_knows_counts_as_a_payment if {
	budgets(call(["refund"])) == all
}

test_a_method_of_an_extension_is_no_way_round if {
	budgets({"server": {"id": "crm"}, "extension": {"id": "crm.tasks/run"}}) == all
}

test_every_call_costs_something if {
	obligations := spend_ceiling.oblige with input as call(["pay"]) with data.custom.spend_ceiling as tables
	every obligation in obligations {
		obligation.cost == 1
	}
}

test_another_server_is_left_alone if {
	asked({"server": {"id": "files"}, "tool": {"id": "files.t", "effects": ["pay"]}}, tables) == set()
}

test_a_lost_table_counts_everything if {
	asked(call(["pay"]), {}) == all
}

test_a_switch_that_says_false_is_off if {
	asked(call(["pay"]), {"servers": {"crm": false, "*": false}}) == set()
	asked(call(["pay"]), {"servers": {"crm": false, "*": "yes"}}) == all
	asked(call(["pay"]), {"servers": {"crm": "yes"}}) == all
}
