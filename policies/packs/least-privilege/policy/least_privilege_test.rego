package policy.least_privilege_test

import data.policy.least_privilege

limits := {"risk": "medium", "alone": {"read": true}, "chain": 2}

tables := {
	"servers": {"crm": true},
	"agents": {"finance-bot": "high", "typo-bot": "hgih"},
	"except": {"reporter": {"crm.send_report": true}},
}

honest := {
	"principal": {"kind": "user_via_agent"},
	"agent": {"id": "support-bot"},
	"user": {"id": "ann"},
	"delegation": [{"subject": "support-bot"}],
	"server": {"id": "crm"},
	"tool": {"id": "crm.get", "risk": "low", "effects": ["read"]},
}

alone := object.union(object.remove(honest, ["user"]), {"principal": {"kind": "agent"}, "agent": {"id": "reporter"}, "delegation": []})

codes(given) := asked(given, tables, limits)

asked(given, custom, settings) := {d.code | some d in denials} if {
	denials := least_privilege.deny with input as given with data.custom.least_privilege as custom with data.settings.least_privilege as settings
}

tool(id, risk, effects) := {"tool": {"id": id, "risk": risk, "effects": effects}}

test_an_honest_call_passes if {
	codes(honest) == set()
	codes(object.union(honest, tool("crm.update", "medium", ["write"]))) == set()
}

test_an_agent_alone_reads if {
	codes(alone) == set()
}

test_a_ceiling_of_its_own_counts if {
	call := object.union(honest, tool("crm.refund", "high", ["pay"]))
	codes(object.union(call, {"agent": {"id": "finance-bot"}})) == set()
	codes(call) == {"least_privilege.risk"}
}

test_a_role_that_grants_too_much_does_not_lift_the_ceiling if {
	codes(object.union(honest, tool("crm.export", "critical", ["read"]))) == {"least_privilege.risk"}
}

test_a_tool_without_a_risk_is_above_every_ceiling if {
	codes(object.union(object.remove(honest, ["tool"]), {"tool": {"id": "crm.new", "effects": ["read"]}})) == {"least_privilege.risk"}
	codes(object.union(honest, tool("crm.new", "none", ["read"]))) == {"least_privilege.risk"}
}

test_a_misspelt_ceiling_does_not_fall_back_to_the_usual_one if {
	codes(object.union(honest, {"agent": {"id": "typo-bot"}})) == {"least_privilege.risk"}
}

test_an_agent_alone_changes_nothing if {
	codes(object.union(alone, tool("crm.update", "low", ["write"]))) == {"least_privilege.alone"}
}

test_a_read_that_also_writes_is_not_open_alone if {
	codes(object.union(alone, tool("crm.sync", "low", ["read", "write"]))) == {"least_privilege.alone"}
}

test_a_tool_without_effects_is_not_open_alone if {
	codes(object.union(alone, tool("crm.sync", "low", []))) == {"least_privilege.alone"}
	codes(object.union(object.remove(alone, ["tool"]), {"tool": {"id": "crm.sync", "risk": "low"}})) == {"least_privilege.alone"}
}

test_naming_a_user_does_not_make_an_agent_one_of_a_user if {
	call := object.union(alone, tool("crm.update", "low", ["write"]))
	codes(object.union(call, {"user": {"id": "ann"}})) == {"least_privilege.alone"}
}

test_an_exception_is_for_one_agent_and_one_tool if {
	report := tool("crm.send_report", "critical", ["send"])
	codes(object.union(alone, report)) == set()
	codes(object.union(object.union(alone, report), {"agent": {"id": "other"}})) == {"least_privilege.risk", "least_privilege.alone"}
}

test_a_chain_of_agents_does_not_launder_a_call if {
	chain := [{"subject": "a"}, {"subject": "b"}, {"subject": "c"}]
	codes(object.union(honest, {"delegation": chain})) == {"least_privilege.chain"}
}

test_a_missing_chain_is_no_short_one if {
	codes(object.remove(honest, ["delegation"])) == {"least_privilege.chain"}
}

test_a_method_of_an_extension_is_above_every_ceiling if {
	call := object.union(object.remove(honest, ["tool"]), {"extension": {"id": "crm.tasks/run"}})
	codes(call) == {"least_privilege.risk"}
}

test_another_server_is_left_alone if {
	codes(object.union(object.union(honest, tool("files.wipe", "critical", ["delete"])), {"server": {"id": "files"}})) == set()
}

test_lost_settings_close if {
	asked(honest, tables, {}) == {"least_privilege.risk", "least_privilege.chain"}
	asked(alone, tables, {}) == {"least_privilege.risk", "least_privilege.alone", "least_privilege.chain"}
}

test_a_lost_table_closes_what_is_above_the_usual_ceiling_everywhere if {
	asked(object.union(honest, tool("files.wipe", "critical", ["delete"])), {}, limits) == {"least_privilege.risk"}
}

test_nothing_of_another_server_is_judged if {
	chain := [{"subject": "a"}, {"subject": "b"}, {"subject": "c"}]
	stranger := {"server": {"id": "files"}, "delegation": chain}
	codes(object.union(object.union(alone, tool("files.wipe", "critical", ["delete"])), stranger)) == set()
}

test_an_exception_holds_for_a_chain_and_for_a_method_too if {
	chain := [{"subject": "a"}, {"subject": "b"}, {"subject": "c"}]
	codes(object.union(object.union(alone, tool("crm.send_report", "critical", ["send"])), {"delegation": chain})) == set()
	method := object.union(object.remove(alone, ["tool"]), {"extension": {"id": "crm.tasks/run"}})
	asked(method, object.union(tables, {"except": {"reporter": {"crm.tasks/run": true}}}), limits) == set()
}

test_a_user_without_an_id_is_none if {
	call := object.union(alone, tool("crm.update", "low", ["write"]))
	codes(object.union(call, {"principal": {"kind": "user_via_agent"}, "user": {}})) == {"least_privilege.alone"}
}

test_a_chain_of_another_type_is_no_short_one if {
	codes(object.union(honest, {"delegation": {"a": 1}})) == {"least_privilege.chain"}
	asked(honest, tables, object.union(limits, {"chain": "2"})) == {"least_privilege.chain"}
}

test_a_switch_that_says_false_is_off if {
	call := object.union(honest, tool("crm.export", "critical", ["read"]))
	asked(call, object.union(tables, {"servers": {"crm": false, "*": false}}), limits) == set()
	asked(call, object.union(tables, {"servers": {"crm": false, "*": "yes"}}), limits) == {"least_privilege.risk"}
}
