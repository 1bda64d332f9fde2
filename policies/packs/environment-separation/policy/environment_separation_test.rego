package policy.environment_separation_test

import data.policy.environment_separation

tables := {
	"servers": {"crm": true},
	"environments": {
		"production": {"surfaces": {"chat": true, "job": true}, "trust": {"internal": true}, "change_groups": {"operations": true}},
		"*": {"surfaces": {"*": true}, "trust": {"internal": true, "partner": true, "public": true}, "change_groups": {"*": true}},
	},
}

honest := {
	"environment": "production",
	"agent": {"id": "support-bot", "environment": "production", "surface": "chat"},
	"user": {"id": "ann", "groups": ["support"]},
	"server": {"id": "crm", "environment": "production", "trust": "internal"},
	"tool": {"id": "crm.get", "effects": ["read"]},
}

write := {"tool": {"id": "crm.update", "effects": ["write"]}}

operator := {"user": {"id": "bob", "groups": ["support", "operations"]}}

codes(given) := asked(given, tables)

asked(given, custom) := {d.code | some d in denials} if {
	denials := environment_separation.deny with input as given with data.custom.environment_separation as custom
}

with_environment(name) := object.union(honest, {"environment": name, "agent": {"environment": name}, "server": {"environment": name}})

test_an_honest_call_passes if {
	codes(honest) == set()
	codes(object.union(object.union(honest, write), operator)) == set()
}

test_another_environment_is_as_open_as_it_says if {
	codes(object.union(object.union(with_environment("test"), write), {"agent": {"surface": "ide"}})) == set()
}

test_a_gateway_of_one_environment_does_not_reach_a_server_of_another if {
	codes(object.union(honest, {"environment": "test"})) == {"environment_separation.crossed"}
	codes(object.union(honest, {"agent": {"environment": "test"}})) == {"environment_separation.crossed"}
}

test_a_server_of_another_environment_cannot_borrow_its_limits if {
	call := object.union(object.union(honest, write), {"server": {"environment": "test"}, "agent": {"surface": "ide"}})
	codes(call) == {"environment_separation.crossed"}
}

test_environments_are_compared_with_their_letters if {
	codes(object.union(honest, {"server": {"environment": "Production"}})) == {"environment_separation.crossed"}
}

test_a_missing_environment_is_no_shared_one if {
	missing := json.remove(honest, ["environment", "agent/environment", "server/environment"])
	"environment_separation.crossed" in codes(missing)
}

test_an_editor_does_not_reach_production if {
	codes(object.union(honest, {"agent": {"surface": "ide"}})) == {"environment_separation.surface"}
}

test_an_agent_without_a_surface_does_not_reach_production if {
	codes(json.remove(honest, ["agent/surface"])) == {"environment_separation.surface"}
}

test_a_public_server_is_not_used_in_production if {
	codes(object.union(honest, {"server": {"trust": "public"}})) == {"environment_separation.trust"}
	codes(json.remove(honest, ["server/trust"])) == {"environment_separation.trust"}
}

test_who_is_not_in_the_group_changes_nothing if {
	codes(object.union(honest, write)) == {"environment_separation.change"}
}

test_an_agent_alone_is_in_no_group if {
	codes(json.remove(object.union(honest, write), ["user"])) == {"environment_separation.change"}
}

test_a_tool_without_effects_is_a_change if {
	codes(object.union(honest, {"tool": {"effects": []}})) == {"environment_separation.change"}
	codes(json.remove(honest, ["tool/effects"])) == {"environment_separation.change"}
}

test_a_read_that_also_writes_is_a_change if {
	codes(object.union(honest, {"tool": {"effects": ["read", "write"]}})) == {"environment_separation.change"}
}

test_a_method_of_an_extension_is_a_change if {
	codes(object.union(json.remove(honest, ["tool"]), {"extension": {"id": "crm.tasks/run"}})) == {"environment_separation.change"}
}

test_resources_and_prompts_are_no_way_round if {
	every kind in ["resource", "prompt", "completion", "sampling", "elicitation", "roots"] {
		call := object.union(json.remove(honest, ["tool"]), {kind: {"id": "crm.x"}})
		codes(call) == set()
		codes(object.union(call, {"agent": {"surface": "ide"}})) == {"environment_separation.surface"}
	}
}

test_a_group_that_says_no_is_none if {
	table := object.union(tables, {"environments": {"production": {"change_groups": {"operations": false}}}})
	asked(object.union(object.union(honest, write), operator), table) == {"environment_separation.change"}
}

test_an_entry_that_lacks_something_closes_and_does_not_fall_back if {
	table := {"servers": {"crm": true}, "environments": {"production": {}, "*": tables.environments["*"]}}
	asked(honest, table) == {"environment_separation.surface", "environment_separation.trust"}
}

test_an_environment_that_nobody_listed_is_closed if {
	table := {"servers": {"crm": true}, "environments": {}}
	asked(object.union(honest, write), table) == {"environment_separation.surface", "environment_separation.trust", "environment_separation.change"}
}

test_another_server_is_left_alone if {
	codes(object.union(honest, {"environment": "test", "server": {"id": "files"}})) == set()
}

test_a_lost_table_closes_everything if {
	asked(honest, {}) == {"environment_separation.surface", "environment_separation.trust"}
}

test_nothing_of_another_server_is_judged if {
	stranger := {"environment": "test", "agent": {"surface": "ide"}, "server": {"id": "files", "trust": "public"}}
	codes(object.union(object.union(honest, write), stranger)) == set()
}

test_a_switch_that_says_false_is_off if {
	off := object.union(tables, {"servers": {"crm": false, "*": false}})
	asked(object.union(honest, {"environment": "test"}), off) == set()
	on := object.union(tables, {"servers": {"crm": false, "*": "yes"}})
	asked(object.union(honest, {"environment": "test"}), on) == {"environment_separation.crossed"}
}
