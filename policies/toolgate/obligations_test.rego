# Obligations, redactions and masks; helpers and the rest stand in toolgate_test.rego.
package toolgate_test

import data.toolgate

merged(elements) := {o.value | some o in decided(call, company({"oblige": elements})).obligations}

test_budgets_of_one_name_take_the_largest_cost if {
	merged({
		{"type": "budget", "name": "a", "cost": 1},
		{"type": "budget", "name": "a", "cost": 3},
		{"type": "budget", "name": "b", "cost": 2},
	}) == {{"type": "budget", "name": "a", "cost": 3}, {"type": "budget", "name": "b", "cost": 2}}
}

test_a_budget_whose_cost_is_filled_later_stays if {
	both := {{"type": "budget", "name": "a", "cost": 1}, {"type": "budget", "name": "a", "cost": "{input.args.n}"}}
	merged(both) == both
}

test_timeouts_take_the_smallest if {
	merged({{"type": "timeout", "ms": 5}, {"type": "timeout", "ms": 3}}) == {{"type": "timeout", "ms": 3}}
}

test_limits_that_say_less_are_dropped if {
	merged({{"type": "limit_result", "bytes": 5}, {"type": "limit_result", "bytes": 3, "items": 1}}) == {{"type": "limit_result", "bytes": 3, "items": 1}}
	crossed := {{"type": "limit_result", "bytes": 5, "items": 1}, {"type": "limit_result", "bytes": 3, "items": 2}}
	merged(crossed) == crossed
}

test_an_obligation_of_a_wrong_shape_is_kept_for_the_host_to_refuse if {
	every odd in [
		{"type": "budget", "name": "a", "cost": null},
		{"type": "timeout", "ms": "soon"},
		{"type": "limit_result"},
		{"type": "redact", "path": "/a", "mode": "blur"},
		{"type": "something_new"},
	] {
		good := {
			{"type": "budget", "name": "a", "cost": 3},
			{"type": "timeout", "ms": 3},
			{"type": "limit_result", "bytes": 3},
			{"type": "redact", "path": "/a", "mode": "remove"},
		}
		odd in merged(good | {odd})
	}
}

test_redactions_of_a_decision_take_the_strongest if {
	merged({
		{"type": "redact", "path": "/a", "mode": "hash"},
		{"type": "redact", "path": "/a"},
		{"type": "redact", "path": "/a", "mode": "remove"},
		{"type": "redact", "path": "/b"},
	}) == {{"type": "redact", "path": "/a", "mode": "remove"}, {"type": "redact", "path": "/b"}}
}

test_contradictions_deny if {
	reason := {"rule": "toolgate", "value": {"code": "policy.conflict"}}
	every pair in [
		{{"type": "set_args", "path": "/a", "value": 1}, {"type": "set_args", "path": "/a", "value": 2}},
		{{"type": "step_up", "acr": "gold"}, {"type": "step_up", "acr": "silver"}},
	] {
		answer := decided(call, company({"oblige": pair}))
		answer.effect == "deny"
		answer.reasons == {reason}
	}
}

test_changes_of_different_arguments_do_not_contradict if {
	answer := decided(call, company({"oblige": {
		{"type": "set_args", "path": "/a", "value": 1},
		{"type": "set_args", "path": "/b", "value": 2},
	}}))
	answer.reasons == set()
}

redacted(elements) := {r.value | some r in inspected(call, company({"redact": elements})).redactions}

test_redactions_of_a_result_take_the_strongest_and_are_optional_only_if_all_are if {
	redacted({
		{"path": "/a", "mode": "hash"},
		{"path": "/a", "optional": true},
		{"path": "/b", "mode": "remove", "optional": true},
		{"path": "/b", "optional": true},
	}) == {
		{"path": "/a", "mode": "mask", "optional": false},
		{"path": "/b", "mode": "remove", "optional": true},
	}
}

test_a_redaction_of_a_wrong_shape_withholds if {
	every odd in [
		{"path": ""},
		{"path": "a"},
		{"path": "/a", "mode": "blur"},
		{"path": "/a", "mode": null},
		{"path": "/a", "optional": "yes"},
	] {
		answer := inspected(call, company({"redact": {odd}}))
		answer.withheld == {invalid}
	}
}

test_a_redaction_by_detector_withholds if {
	answer := inspected(call, company({"redact": {{"detector": "iban"}}}))
	codes := {w.value.code | some w in answer.withheld}
	codes == {"policy.obligation_unsupported"}
}

test_a_mask_may_be_a_path_or_everything if {
	masked(call, company({"mask": {{"path": "/args/a"}}})) == {"/args/a"}
	masked(call, company({"mask": {{"path": "args"}}})) == {""}
}

test_a_result_of_no_target_or_of_two_is_withheld if {
	every asked in [object.remove(call, ["tool"]), object.union(call, {"prompt": {"name": "x"}})] {
		answer := inspected(asked, company({}))
		count(answer.withheld) > 0
	}
}

test_of_two_packages_that_ask_the_same_one_is_named if {
	rules := {
		"oblige": {{"type": "budget", "name": "a", "cost": 1}, {"type": "timeout", "ms": 5}, {"type": "redact", "path": "/a"}},
		"redact": {{"path": "/a"}},
	}
	world := object.union(company({}), {
		"index": {"s": ["p", "q"]},
		"index_kinds": {"q": ["tool"]},
		"policy": {"p": rules, "q": rules},
	})
	answer := decided(call, world)
	count(answer.obligations) == 3
	count(inspected(call, world).redactions) == 1
}

# What the tables ask, resolved by the build.
tabled(asked, rules, obliged) := answer if {
	world := company(rules)
	answer := toolgate.decide with input as asked
		with data.roles as world.roles
		with data.index as world.index
		with data.index_kinds as world.index_kinds
		with data.policy as world.policy
		with data.obliged as obliged
}

day := {"type": "budget", "name": "day", "cost": 1}

approval := {"type": "approve", "group": "finance", "ttl_s": 900, "min": 1}

test_what_tables_ask_of_a_target_is_asked_of_it_and_of_nothing_else if {
	mine := tabled(call, {}, {"s": {"tool": {"run": [day]}}})
	mine.obligations == [{"rule": "table", "value": day}]
	mine.effect == "allow"
	every others in [{}, {"other": {"tool": {"run": [day]}}}, {"s": {"tool": {"walk": [day]}}}, {"s": {"prompt": {"run": [day]}}}] {
		theirs := tabled(call, {}, others)
		theirs.obligations == []
		theirs.effect == "allow"
	}
}

test_an_approval_of_a_table_asks if {
	answer := tabled(call, {}, {"s": {"tool": {"run": [approval]}}})
	answer.effect == "ask"
	answer.reasons == set()
}

test_a_denial_beats_an_approval_of_a_table if {
	answer := tabled(call, {"constrain": {{"code": "x.y"}}}, {"s": {"tool": {"run": [approval]}}})
	answer.effect == "deny"
}

test_what_a_table_and_a_package_ask_is_merged if {
	dearer := {"type": "budget", "name": "day", "cost": 5}
	by_package := tabled(call, {"oblige": {dearer}}, {"s": {"tool": {"run": [day]}}})
	[o.value | some o in by_package.obligations] == [dearer]
	by_table := tabled(call, {"oblige": {day}}, {"s": {"tool": {"run": [dearer]}}})
	by_table.obligations == [{"rule": "table", "value": dearer}]
}

test_prompts_and_resources_have_obligations_of_their_own if {
	without := object.remove(call, ["tool"])
	of_prompt := tabled(object.union(without, {"prompt": kinds.prompt.target}), {}, {"s": {"prompt": {"greet": [day]}}})
	not of_prompt.known
	granted := {"principal": {"kind": "agent"}, "agent": {"id": "bot", "environment": "demo", "roles": ["r"]}, "server": target.server}
	every kind, name in {"prompt": "greet", "resource": "notes"} {
		answer := toolgate.decide with input as object.union(granted, {kind: kinds[kind].target})
			with data.roles as {"r": kinds[kind].role}
			with data.index as {"s": []}
			with data.index_kinds as {}
			with data.obliged as {"s": {kind: {name: [day]}}}
		answer.obligations == [{"rule": "table", "value": day}]
	}
}

test_nobody_hears_what_tables_ask_of_an_unknown_target if {
	nobody := object.union(call, {"agent": {"roles": []}})
	answer := tabled(nobody, {}, {"s": {"tool": {"run": [approval]}}})
	answer.effect == "deny"
	answer.obligations == []
}

test_what_tables_ask_in_a_wrong_shape_denies if {
	every odd in [true, "day", 7, {"first": day}, ["day"], [{"name": "day"}]] {
		answer := tabled(call, {}, {"s": {"tool": {"run": odd}}})
		answer.effect == "deny"
		{"rule": "table", "value": {"code": "policy.invalid_rule"}} in answer.reasons
	}
}

test_lists_do_not_look_at_what_tables_ask if {
	world := company({})
	answer := toolgate.discover with input as list
		with data.roles as world.roles
		with data.index as world.index
		with data.index_kinds as world.index_kinds
		with data.policy as world.policy
		with data.obliged as {"s": {"tool": {"run": [approval]}}}
	answer.visible == [0]
}
